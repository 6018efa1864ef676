#include "auth/password_accounts.hpp"
#include "check.hpp"
#include "hashes.hpp"

// The JSON form of a file of users.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::load_passwords;
using auth::LoadedPasswords;
using auth::PlainPasswords;

const std::string one = sha1_entry("one");

using Loaded = Result<LoadedPasswords>;

Loaded load(std::string_view text, PlainPasswords plain = PlainPasswords::refused) {
    return load_passwords(text, plain);
}

// "a": {"password": the hash of "one", and these}
std::string entry(const std::string& members, const std::string& user = "a") {
    return "\"" + user + R"(":{"password":")" + one + "\"" + members + "}";
}

void users(Checks& checks) {
    const Loaded loaded =
        load("{" +
             entry(R"(,"sub":"u-1","tenant_id":"t","roles":["r","s"],"not_before":100,)"
                   R"("expires":"1970-01-01T00:05:00Z")") +
             "," + entry("", "b") + "," + entry(R"(,"tenant_id":null,"roles":[])", "c") + "}");
    checks.that(loaded->warnings.empty() && loaded->accounts.size() == 3, "all");
    checks.that(load("\xef\xbb\xbf{" + entry("") + "}")->accounts.size() == 1, "byte order mark");
    const auto* found = loaded->accounts.find("a");
    checks.that(found != nullptr && found->password.matches("one"), "the password");
    const auth::Principal& principal = found->account->principal();
    checks.equal(principal.subject, "u-1", "subject");
    checks.equal(principal.tenant, "t", "tenant");
    checks.equal(principal.role_list(), "r,s", "roles");
    checks.that(found->account->check_time(99) == Reason::credential_not_yet_valid &&
                    !found->account->check_time(100) && !found->account->check_time(299) &&
                    found->account->check_time(300) == Reason::credential_expired,
                "times");
    for (const char* user : {"b", "c"}) {
        const auto* plain = loaded->accounts.find(user);
        checks.that(plain != nullptr && plain->account->principal().subject == user &&
                        plain->account->principal().tenant.empty() &&
                        plain->account->principal().roles.empty(),
                    user);
    }
    checks.that(loaded->accounts.kinds() == nullptr, "no slow hash");
}

void entries_that_are_left_out(Checks& checks) {
    const std::string good = "," + entry("", "good") + "}";
    for (const std::string& bad : {entry(R"(,"expire":1)"),
                                   entry(R"(,"key":"x")"),
                                   entry(R"(,"Roles":["r"])"),
                                   entry(R"(,"":1)"),
                                   entry(R"(,"roles":["a,b"])"),
                                   entry(R"(,"roles":"r")"),
                                   entry(R"(,"sub":"")"),
                                   entry(R"(,"sub":1)"),
                                   entry(R"(,"tenant_id":"")"),
                                   entry(R"(,"expires":"soon")"),
                                   entry(R"(,"expires":true)"),
                                   entry("", ""),
                                   entry("", "a\\u0001"),
                                   entry("", "a\\n"),
                                   entry("", "a:b"),
                                   entry("", ":"),
                                   std::string(R"("a":{"password":1})"),
                                   std::string(R"("a":{"password":null})"),
                                   std::string(R"("a":{"password":"secret-word"})"),
                                   std::string(R"("a":{"password":""})"),
                                   std::string(R"("a":{"password":"{PLAIN}secret-word"})"),
                                   std::string(R"("a":{})"),
                                   std::string(R"("a":"secret-word")"),
                                   std::string(R"("a":null)"),
                                   std::string(R"("a":["secret-word"])"),
                                   std::string(R"("a":{"Password":"secret-word"})")}) {
        const Loaded loaded = load("{" + bad + good);
        checks.equal(static_cast<long long>(loaded->accounts.size()), 1, bad);
        checks.equal(static_cast<long long>(loaded->warnings.size()), 1, bad);
        checks.that(loaded->accounts.find("good") != nullptr, bad);
        for (const std::string& warning : loaded->warnings) {
            checks.that(!warning.empty() && !has_control(warning), warning);
            checks.that(warning.find("secret-word") == std::string::npos, warning);
        }
    }
}

void files_that_are_refused(Checks& checks) {
    const std::string good = entry("");
    for (const std::string& text :
         {std::string("{"), "{" + good, "{" + good + ",}", "{" + good + "}}", "{" + good + "} x",
          "{" + good + "," + good + "}", "{" + good + R"(,"a":{"password":"!"}})",
          R"({"a":{"password":"!"},)" + good + "}", "{" + good + R"(,"\u0061":1})",
          "{" + entry(R"(,"sub":"x","sub":"y")") + "}", "{" + good + "}" + std::string(1, '\0'),
          "{" + entry("", "\xff") + "}", "{" + entry("", "a\\u0000") + "}",
          std::string("{alice:x}\n")}) {
        const auto loaded = load_passwords(text, PlainPasswords::allowed);
        checks.that(!loaded.has_value(), text);
        checks.that(loaded.has_value() || (!loaded.error().empty() && !has_control(loaded.error())),
                    text);
    }
}

void plain_passwords(Checks& checks) {
    const char* text = R"({"a":{"password":"{PLAIN}a:b \u00e4"}})";
    checks.equal(static_cast<long long>(load(text)->accounts.size()), 0, "refused");
    const Loaded loaded = load(text, PlainPasswords::allowed);
    const auto* found = loaded->accounts.find("a");
    checks.that(found != nullptr && found->password.is_plain() &&
                    found->password.matches("a:b \xc3\xa4") && !found->password.matches("a"),
                "allowed");
}

void many_users(Checks& checks) {
    std::string text = "{";
    for (int user = 0; user < 20'000; ++user) {
        text += (user > 0 ? "," : "") + entry("", "u" + std::to_string(user));
    }
    const Loaded loaded = load(text + "}");
    checks.equal(static_cast<long long>(loaded->accounts.size()), 20'000, "users");
    bool found = true;
    for (int user = 0; user < 20'000; ++user) {
        const std::string name = "u" + std::to_string(user);
        const auto* entry = loaded->accounts.find(name);
        found = found && entry != nullptr && entry->account->principal().subject == name;
    }
    checks.that(found && loaded->accounts.find("u20000") == nullptr, "each");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<users>),
        cmocka_unit_test(run<entries_that_are_left_out>),
        cmocka_unit_test(run<files_that_are_refused>),
        cmocka_unit_test(run<plain_passwords>),
        cmocka_unit_test(run<many_users>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
