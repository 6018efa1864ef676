#include "auth/password_accounts.hpp"
#include "check.hpp"
#include "hashes.hpp"

// The htpasswd form of a file of users.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::load_passwords;
using auth::LoadedPasswords;
using auth::PlainPasswords;

LoadedPasswords load(std::string_view text, PlainPasswords plain = PlainPasswords::refused) {
    // Assigned, not returned at once: gcc 14 and later warn of a free() in the Result otherwise.
    LoadedPasswords loaded;
    loaded = load_passwords(text, plain).value();
    return loaded;
}

bool opens(const LoadedPasswords& loaded, std::string_view user, std::string_view password) {
    const auto* entry = loaded.accounts.find(user);
    return entry != nullptr && entry->password.matches(password);
}

const std::string one = sha1_entry("one");
const std::string two = sha1_entry("two");

void lines(Checks& checks) {
    for (const std::string& text :
         {"a:" + one + "\nb:" + two + "\n", "a:" + one + "\nb:" + two,
          "a:" + one + "\r\nb:" + two + "\r\n", "a:" + one + "\r\nb:" + two,
          "# x:" + one + "\n#y:" + two + "\n\na:" + one + "\n\n\r\nb:" + two + "\n\n",
          "\xef\xbb\xbf"
          "a:" +
              one + "\nb:" + two, // a byte order mark
          "a:" + one + ":Alice, of sales\nb:" + two + ":\r\n",
          "b:" + two + "\na:" + one + ":x:y:z"}) {
        const LoadedPasswords loaded = load(text);
        checks.equal(static_cast<long long>(loaded.accounts.size()), 2, text);
        checks.that(loaded.warnings.empty(), text);
        checks.that(opens(loaded, "a", "one") && opens(loaded, "b", "two"), text);
        checks.that(!opens(loaded, "a", "two") && !opens(loaded, "b", "one"), text);
        for (const char* nobody : {"", "A", "ab", "#", "x", "y", "# x", "a:", "a\n", "a\r"}) {
            checks.that(loaded.accounts.find(nobody) == nullptr, nobody);
        }
        const auto& alice = loaded.accounts.find("a")->account->principal();
        checks.equal(alice.subject, "a", "the user is the subject");
        checks.that(alice.tenant.empty() && alice.roles.empty(), "and no more");
        checks.that(!loaded.accounts.find("a")->account->check_time(0).has_value(), "at any time");
    }
}

void views_have_their_own_end(Checks& checks) {
    const std::string text = "a:" + one + "\nb:" + two;
    const LoadedPasswords loaded = load(std::string_view(text).substr(0, 2 + one.size()));
    checks.that(opens(loaded, "a", "one") && loaded.accounts.size() == 1, "cut");
    const std::string name = "ab";
    checks.that(loaded.accounts.find(std::string_view(name).substr(0, 1)) != nullptr, "cut");
    checks.that(loaded.accounts.find(std::string_view("a\0b", 3)) == nullptr, "NUL");
}

void one_byte_order_mark_and_no_more(Checks& checks) {
    const std::string mark = "\xef\xbb\xbf";
    const auto loaded = load_passwords(mark + mark + "a:" + one, PlainPasswords::refused);
    checks.that(!loaded.has_value(), "the second belongs to the name, which cannot be sent");
}

void names_with_other_bytes(Checks& checks) {
    for (const std::string name : {"alice@example.com", "a b", "\xc3\xa4", "a\"b\\", "a{}"}) {
        const LoadedPasswords loaded = load(name + ":" + one + "\n");
        checks.that(opens(loaded, name, "one") && loaded.warnings.empty(), name);
    }
}

void entries_that_are_left_out(Checks& checks) {
    for (const std::string& line : {std::string("no colon"),
                                    std::string("secret-word"),
                                    std::string("a"),
                                    std::string("a:"),
                                    std::string(":"),
                                    ":" + one,
                                    std::string("a:secret-word"),
                                    std::string("a:!"),
                                    std::string("a:*"),
                                    "a: " + one,
                                    std::string("a:{SHA}secret-word"),
                                    "a\tb:" + one,
                                    "a :" + one,
                                    " a:" + one,
                                    "a\x7f:" + one,
                                    "a\x1b[1m:" + one,
                                    std::string("a\0b:", 4) + one,
                                    "a:" + one + std::string(1, '\0'),
                                    "a:" + one + "\x01",
                                    std::string("a:{PLAIN}secret-word")}) {
        const LoadedPasswords loaded = load("first:" + one + "\n" + line + "\nlast:" + two + "\n");
        checks.equal(static_cast<long long>(loaded.accounts.size()), 2, line);
        checks.equal(static_cast<long long>(loaded.warnings.size()), 1, line);
        checks.that(opens(loaded, "first", "one") && opens(loaded, "last", "two"), line);
        for (const std::string& warning : loaded.warnings) {
            checks.that(!warning.empty() && !has_control(warning), "a warning is fit for a log");
            checks.that(warning.find("secret-word") == std::string::npos &&
                            warning.find(one) == std::string::npos,
                        "a warning tells no password");
        }
    }
}

void the_first_line_of_a_user(Checks& checks) {
    const LoadedPasswords loaded = load("a:" + one + "\na:" + two + "\nb:" + two + "\n");
    checks.that(opens(loaded, "a", "one") && !opens(loaded, "a", "two"), "the first counts");
    checks.equal(static_cast<long long>(loaded.accounts.size()), 2, "users");
    checks.equal(static_cast<long long>(loaded.warnings.size()), 1, "warnings");
}

// Who is locked in the first line is not opened by another.
void a_locked_first_line(Checks& checks) {
    for (const std::string locked : {"a:!", "a:*", "a:", "a:{PLAIN}one", "a:{SHA}x"}) {
        const LoadedPasswords loaded = load(locked + "\na:" + two + "\nb:" + two + "\n");
        checks.that(loaded.accounts.find("a") == nullptr, locked);
        checks.that(!loaded.warnings.empty(), locked);
    }
}

void plain_passwords(Checks& checks) {
    const std::string text = "a:{PLAIN}secret-word\nb:" + two + "\nc:{PLAIN}x y:comment\n";
    const LoadedPasswords refused = load(text);
    checks.that(refused.accounts.find("a") == nullptr && opens(refused, "b", "two"), "refused");
    checks.equal(static_cast<long long>(refused.warnings.size()), 2, "refused");
    const LoadedPasswords allowed = load(text, PlainPasswords::allowed);
    checks.that(allowed.warnings.empty() && opens(allowed, "a", "secret-word") &&
                    opens(allowed, "b", "two") && opens(allowed, "c", "x y"),
                "allowed");
    checks.that(!opens(allowed, "a", "{PLAIN}secret-word"), "the mark is no password");
    checks.equal(
        static_cast<long long>(load("a:word\nb:" + two, PlainPasswords::allowed).accounts.size()),
        1, "the mark is needed");
}

void files_of_nobody(Checks& checks) {
    for (const char* text :
         {"# nobody\n", "\n\n# nobody", "#", "\xef\xbb\xbf# nobody", "{}", " {}\n", "a:!\n",
          "a:*\n# locked", "a:!$2y$10$abc\n", "a:!!\r\nb:*LK*"}) {
        const LoadedPasswords loaded = load(text);
        checks.that(loaded.accounts.size() == 0 && loaded.accounts.find("") == nullptr, text);
        checks.that(loaded.accounts.kinds() == nullptr, text);
    }
}

// A file that was cut, or another one, must not put everybody out of the door.
void broken_files(Checks& checks) {
    for (const std::string text :
         {"", "\n", "\r\n", " \t\n", "\xef\xbb\xbf", "x\n", "# users\nx\n", "<html>\n</html>\n",
          "a:\n", "a:secret-word\n", "a:{PLAIN}secret-word\n", ":{SHA}x\n", "a:{SHA}x\nb:x",
          "\x7f"
          "ELF:!"}) {
        const auto loaded = load_passwords(text, PlainPasswords::refused);
        checks.that(!loaded.has_value(), text);
        checks.that(loaded.has_value() ||
                        (!loaded.error().empty() && !has_control(loaded.error()) &&
                         loaded.error().find("secret") == std::string::npos),
                    text);
    }
    checks.that(load_passwords("a:{PLAIN}x\n", PlainPasswords::allowed).has_value(), "allowed");
}

void warnings_are_bounded(Checks& checks) {
    std::string text;
    for (int line = 0; line < 100'000; ++line) {
        text += "x\n";
    }
    text += "a:" + one;
    checks.that(load(text).warnings.size() <= 10'000, "many");
    const LoadedPasswords named = load(std::string(100'000, 'n') + ":x\na:" + one);
    checks.that(named.warnings.size() == 1 && named.warnings[0].size() < 1000, "a short one");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<lines>),
        cmocka_unit_test(run<views_have_their_own_end>),
        cmocka_unit_test(run<one_byte_order_mark_and_no_more>),
        cmocka_unit_test(run<names_with_other_bytes>),
        cmocka_unit_test(run<entries_that_are_left_out>),
        cmocka_unit_test(run<the_first_line_of_a_user>),
        cmocka_unit_test(run<a_locked_first_line>),
        cmocka_unit_test(run<plain_passwords>),
        cmocka_unit_test(run<files_of_nobody>),
        cmocka_unit_test(run<broken_files>),
        cmocka_unit_test(run<warnings_are_bounded>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
