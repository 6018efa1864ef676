#include <map>
#include <stdexcept>
#include <string>

#include <dlfcn.h>

#include "auth/api_key_accounts.hpp"
#include "auth/crypt_hash.hpp"
#include "auth/password_accounts.hpp"
#include "check.hpp"
#include "hashes.hpp"

// In a file that mixes hashes, response times show neither who is in it nor whose hash is of which
// kind: every wrong password costs one hash of each kind.

namespace {
std::map<std::string, int> computed; // by kind
}

// Instead of the library's own.
extern "C" char* crypt_r(const char* phrase, const char* setting, crypt_data* data) {
    static const auto real = reinterpret_cast<decltype(&crypt_r)>(dlsym(RTLD_NEXT, "crypt_r"));
    ++computed[std::string(sallyport::auth::crypt_kind(setting))];
    return real(phrase, setting, data);
}

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::HashKinds;
using auth::PasswordAccounts;
using auth::PasswordHash;
using auth::PasswordTrial;
using auth::PlainPasswords;

using Kinds = std::map<std::string, int>;

const std::string cheap = crypt_entry("cheap", "$2y$", 4);
const std::string dear = crypt_entry("dear", "$2y$", 5);
const std::string sha = crypt_entry("sha", "$6$", 1000);
const std::string memory = crypt_entry("memory", "$y$", 1);
const std::string fast = sha1_entry("fast");

bool tries(const PasswordAccounts& accounts, std::string_view user, std::string_view password) {
    const auto* const entry = accounts.find(user);
    const PasswordTrial trial(entry != nullptr ? std::optional(entry->password) : std::nullopt,
                              accounts.kinds());
    computed.clear();
    return trial.matches(password);
}

void a_wrong_password_costs_the_same_for_all(Checks& checks) {
    const auto loaded =
        auth::load_passwords("cheap:" + cheap + "\ncheap2:" + cheap + "\ndear:" + dear +
                                 "\nsha:" + sha + "\nmemory:" + memory + "\nfast:" + fast + "\n",
                             PlainPasswords::refused);
    const Kinds all{{"$2y$04$", 1}, {"$2y$05$", 1}, {"$6$rounds=1000$", 1}, {"$y$j75$", 1}};
    for (const char* user : {"cheap", "cheap2", "dear", "sha", "memory", "fast", "nobody", ""}) {
        checks.that(!tries(loaded->accounts, user, "wrong"), user);
        checks.that(computed == all, user);
    }
    for (const std::string user : {"cheap", "dear", "sha", "memory"}) {
        checks.that(tries(loaded->accounts, user, user), user);
        checks.that(computed.size() == 1, "a right password costs no more than its hash");
    }
    checks.that(tries(loaded->accounts, "fast", "fast") && computed.empty(), "nor does a fast one");
    const std::string long_one(100, 'x');
    for (const char* user : {"cheap", "sha", "nobody"}) {
        checks.that(!tries(loaded->accounts, user, long_one), user);
        checks.that(computed == Kinds({{"$6$rounds=1000$", 1}, {"$y$j75$", 1}}),
                    "bcrypt refuses it unseen, for all alike");
    }
}

void keys_cost_the_same(Checks& checks) {
    const auto loaded =
        auth::load_api_keys(R"({"a":{"key":")" + cheap + R"("},"b":{"key":")" + dear + R"("}})");
    checks.that(loaded->accounts.kinds() != nullptr && loaded->accounts.kinds()->size() == 2,
                "two kinds");
}

void files_without_slow_hashes(Checks& checks) {
    const auto loaded = auth::load_passwords("fast:" + fast + "\n", PlainPasswords::refused);
    checks.that(loaded->accounts.kinds() == nullptr, "nothing to hide");
    checks.that(!tries(loaded->accounts, "nobody", "x") && computed.empty(),
                "and nothing to compute");
}

void kinds_are_bounded(Checks& checks) {
    std::string text;
    for (unsigned long rounds = 1000; rounds < 1020; ++rounds) {
        text += "u" + std::to_string(rounds) + ":" + crypt_entry("x", "$5$", rounds) + "\n";
    }
    const auto loaded = auth::load_passwords(text, PlainPasswords::refused);
    checks.equal(static_cast<long long>(loaded->accounts.size()), 20, "all users count");
    checks.equal(static_cast<long long>(loaded->accounts.kinds()->size()), HashKinds::limit,
                 "kinds");
    checks.that(loaded->warnings.size() == 1 &&
                    loaded->warnings[0].find("kinds") != std::string::npos,
                "a warning says so");
}

void kinds(Checks& checks) {
    const std::string tail43(43, 'x');
    for (const auto& [stored, kind] :
         {std::pair<std::string, std::string>{cheap, "$2y$04$"},
          {sha, "$6$rounds=1000$"},
          {crypt_with("x", "$6$salt"), "$6$"},
          {memory, "$y$j75$"},
          {crypt_entry("x", "$gy$", 1), "$gy$j75$"},
          {crypt_entry("x", "$1$"), "$1$"},
          {crypt_entry("x", "$3$"), "$3$"},
          {crypt_with("x", "$sha1$100$salt"), "$sha1$100$"},
          {crypt_with("x", "$md5$salt"), "$md5$"},
          {crypt_with("x", "$md5,rounds=904$salt"), "$md5,rounds=904$"},
          {crypt_with("x", "_J9..rasm"), "_J9.."},
          {"$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/", "$apr1$"},
          {fast, ""}}) {
        checks.equal(PasswordHash::parse(stored).value().kind(), kind, stored);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<a_wrong_password_costs_the_same_for_all>),
        cmocka_unit_test(run<keys_cost_the_same>),
        cmocka_unit_test(run<files_without_slow_hashes>),
        cmocka_unit_test(run<kinds_are_bounded>),
        cmocka_unit_test(run<kinds>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
