#include <memory>
#include <type_traits>
#include <variant>

#include "base/handle.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "check.hpp"

// The small types of base: results, handles, secrets, text.

namespace {

using namespace sallyport;
using namespace sallyport::test;

int released = 0;

void release(int* object) {
    ++released;
    delete object;
}

using Owned = Handle<int, release>;
static_assert(sizeof(Owned) == sizeof(int*));
static_assert(!std::is_copy_constructible_v<Owned>);
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);

void handle_frees_once(Checks& checks) {
    released = 0;
    {
        Owned one(new int(1));
        Owned other = std::move(one);
        const Owned nothing;
        checks.that(!one && *other == 1, "moved");
        checks.equal(released, 0, "still owned");
    }
    checks.equal(released, 1, "freed");
}

void result_holds_one_half(Checks& checks) {
    const Result<int> good = 5;
    checks.that(good.has_value() && static_cast<bool>(good) && *good == 5 && good.value() == 5,
                "value");
    const Result<int> bad = failure("why");
    checks.that(!bad.has_value() && !static_cast<bool>(bad), "no value");
    checks.equal(bad.error(), "why", "error");
    int thrown = 0;
    try {
        static_cast<void>(bad.value());
    } catch (const std::bad_variant_access&) {
        ++thrown;
    }
    try {
        static_cast<void>(good.error());
    } catch (const std::bad_variant_access&) {
        ++thrown;
    }
    checks.equal(thrown, 2, "the wrong half throws");
}

void result_moves_what_cannot_be_copied(Checks& checks) {
    Result<std::unique_ptr<int>, int> result = std::make_unique<int>(7);
    checks.equal(**result.operator->(), 7, "there");
    const std::unique_ptr<int> out = std::move(result).value();
    checks.equal(*out, 7, "moved out");
    // Value and error of one type are told apart.
    const Result<std::string, std::string> bad = Failure{std::string("x")};
    const Result<std::string, std::string> good = std::string("x");
    checks.that(!bad.has_value() && good.has_value(), "one type");
}

void secret_moves_and_shortens(Checks& checks) {
    Secret first(bytes("hunter2"));
    checks.that(text(first.view()) == "hunter2" && first.size() == 7 && !first.empty(), "made");
    Secret second = std::move(first);
    checks.that(first.empty() && text(second.view()) == "hunter2", "moved");
    Secret third(Bytes{1, 2, 3});
    third = std::move(second);
    checks.that(second.empty() && text(third.view()) == "hunter2", "assigned");
    third.shorten(6);
    checks.equal(text(third.view()), "hunter", "shortened");
    third.shorten(100);
    checks.equal(text(third.view()), "hunter", "not longer");
    third.writable()[0] = 'H';
    checks.equal(text(third.view()), "Hunter", "written");
    third.shorten(0);
    checks.that(third.empty() && Secret().empty(), "empty");
}

void shortened_bytes_are_overwritten(Checks& checks) {
    Secret secret(bytes("0123456789"));
    const std::uint8_t* buffer = secret.view().data();
    secret.shorten(4);
    bool wiped = secret.view().data() == buffer;
    for (std::size_t at = 0; at < 4; ++at) {
        wiped = wiped && buffer[at] == '0' + static_cast<int>(at);
    }
    checks.that(wiped, "what stays");
    char memory[] = "secret";
    cleanse(memory, 3);
    checks.that(std::string_view(memory, 6) != "secret" && std::string_view(memory + 3) == "ret",
                "cleansed");
    cleanse(nullptr, 0);
}

void comparing_in_constant_time(Checks& checks) {
    struct Row {
        std::string_view one;
        std::string_view other;
        bool equal;
    };
    const Row rows[] = {
        {"", "", true},        {"a", "a", true},
        {"a", "b", false},     {"a", "", false},
        {"", "a", false},      {"ab", "a", false},
        {"abc", "abd", false}, {std::string_view("a\0b", 3), std::string_view("a\0c", 3), false}};
    for (const Row& row : rows) {
        checks.equal(equal_in_constant_time(bytes(row.one), bytes(row.other)), row.equal, row.one);
    }
}

void control_bytes(Checks& checks) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string with = std::string("a") + static_cast<char>(byte) + "b";
        checks.equal(has_control(with), byte < 0x20 || byte == 0x7f, std::to_string(byte));
    }
    checks.that(!has_control(""), "empty");
}

void letter_case(Checks& checks) {
    checks.that(equal_ignoring_case("bEaReR", "Bearer") && equal_ignoring_case("", ""), "equal");
    for (const char* other : {"Beare", "Bearerr", "Bearea", "", "Bearer "}) {
        checks.that(!equal_ignoring_case("Bearer", other), other);
    }
    // 0x20 apart, and no letters.
    checks.that(!equal_ignoring_case("@[`{", "`{@["), "signs");
    checks.that(!equal_ignoring_case("\xc3\x84", "\xc3\xa4"), "not ASCII");
}

void splitting(Checks& checks) {
    const auto joined = [](std::string_view text) {
        std::string all;
        for (const std::string_view piece : split(text, ' ')) {
            all += std::string(piece) + "|";
        }
        return all;
    };
    checks.equal(joined("a b"), "a|b|", "two");
    checks.equal(joined("  a  bc "), "a|bc|", "empty pieces are left out");
    checks.equal(joined(""), "", "nothing");
    checks.equal(joined("   "), "", "separators only");
    checks.equal(joined("abc"), "abc|", "one");
    checks.equal(joined("a\tb"), "a\tb|", "another separator");
}

void text_for_the_log(Checks& checks) {
    checks.equal(log_safe("plain k-1_2.~", 64), "plain k-1_2.~", "as it is");
    for (const char* hostile :
         {"a\nb", "a\rb", "a\x1b[31mb", "a\x7f", "\"", "\\", "\xc3\xa9", "\xff", "a\tb"}) {
        const std::string safe = log_safe(hostile, 64);
        bool printable = safe.find('"') == safe.npos;
        for (const char c : safe) {
            printable = printable && c >= 0x20 && c < 0x7f;
        }
        checks.that(printable && safe.find("\\x") != safe.npos, hostile);
    }
    checks.that(equal_ignoring_case(log_safe("a\n\"\\", 64), "a\\x0a\\x22\\x5c"), "escapes");
    checks.equal(log_safe(std::string_view("\0", 1), 64), "\\x00", "NUL");
    checks.that(log_safe("abcdefgh", 4).starts_with("abcd") &&
                    log_safe("abcdefgh", 4).find('e') == std::string::npos,
                "cut");
    checks.that(log_safe(std::string(1 << 20, '\n'), 64).size() < 300, "long");
}

// A field value loses white space at its edges, and applications strip more of it.
void names_reach_the_application_unchanged(Checks& checks) {
    for (const char* name :
         {"a", "acme", "two words", "a,b", "\xc3\xa9t\xc3\xa9", "a\xc2\xa0z", "\xc2\xbf",
          "a\xe2\x80\xa8z", "a\xef\xbb\xbfz", "papa\xcc\x80", "\xe2\x82\xac", "\xe9t\xe9"}) {
        checks.that(is_name(name), name);
    }
    for (const char* name : {"",
                             " ",
                             " acme",
                             "acme ",
                             "\tacme",
                             "acme\n",
                             "a\x1f"
                             "b",
                             "a\x7f",
                             "a\xc2\x80z",
                             "\xc2\x85",
                             "acme\xc2\x9f",
                             "\xc2\xa0"
                             "acme",
                             "acme\xc2\xa0",
                             "acme\xe1\x9a\x80",
                             "acme\xe2\x80\x80",
                             "\xe2\x80\x8a"
                             "acme",
                             "acme\xe2\x80\xa8",
                             "\xe2\x80\xa9"
                             "acme",
                             "acme\xe2\x80\xaf",
                             "acme\xe2\x81\x9f",
                             "\xe3\x80\x80"
                             "acme",
                             "\xef\xbb\xbf"
                             "acme"}) {
        checks.that(!is_name(name), name);
    }
    checks.that(!is_name(std::string_view("a\0b", 3)), "NUL");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<handle_frees_once>),
        cmocka_unit_test(run<result_holds_one_half>),
        cmocka_unit_test(run<result_moves_what_cannot_be_copied>),
        cmocka_unit_test(run<secret_moves_and_shortens>),
        cmocka_unit_test(run<shortened_bytes_are_overwritten>),
        cmocka_unit_test(run<comparing_in_constant_time>),
        cmocka_unit_test(run<control_bytes>),
        cmocka_unit_test(run<letter_case>),
        cmocka_unit_test(run<splitting>),
        cmocka_unit_test(run<text_for_the_log>),
        cmocka_unit_test(run<names_reach_the_application_unchanged>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
