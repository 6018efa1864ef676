#include <vector>

#include "auth/password_hash.hpp"
#include "check.hpp"
#include "hashes.hpp"

// What is no password at rest, and what is no password.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::PasswordHash;

constexpr std::size_t limit = PasswordHash::max_password_bytes;

void refused(Checks& checks, std::string_view stored) {
    const auto hash = PasswordHash::parse(stored);
    checks.that(!hash.has_value(), stored);
    if (!hash.has_value()) {
        checks.that(!hash.error().empty() && !has_control(hash.error()), hash.error());
        checks.that(stored.size() < 4 || hash.error().find(stored) == std::string::npos,
                    "an error holds nothing of the text");
    }
}

void text_without_a_mark(Checks& checks) {
    for (const std::string_view stored : {"",
                                          " ",
                                          "*",
                                          "!",
                                          "!!",
                                          "x",
                                          "*0",
                                          "*1",
                                          "*LK*",
                                          "hunter2",
                                          "correct horse battery staple",
                                          "abcdefghijkl",
                                          "abcdefghijklmn",
                                          "abcdefgh:jklm",
                                          "abcdefghijk-m",
                                          "0123456789abcdef",
                                          "!$6$saltstring$svn8UoSVapNtMuq1ukKS4t",
                                          "*$1$salt$abc",
                                          "$",
                                          "$$",
                                          "$$$",
                                          "$x$salt$hash",
                                          "$apr2$r31.....$HqJZimcKQFAMYayBlzkrA/",
                                          "{",
                                          "{}",
                                          "{}x",
                                          "{PLAINx",
                                          "PLAIN}x",
                                          "{MD5}x",
                                          "{CRYPT}",
                                          "{CRYPT}x",
                                          "{CRYPT}{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
                                          "{CRYPT}$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/",
                                          "{SHA256}x",
                                          "{ssha256}x",
                                          "5f4dcc3b5aa765d61d8327deb882cf99",
                                          "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8",
                                          "W6ph5Mm5Pz8GgiULbPgzG37mj9g="}) {
        refused(checks, stored);
    }
}

void broken_hashes(Checks& checks) {
    for (const std::string_view stored : {"{SSHA256}",
                                          "{SSHA256}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
                                          "{SSHA512}x",
                                          "{SSHA512}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
                                          "{SHA}",
                                          "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g",
                                          "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9h=",
                                          "{SHA}W6ph5Mm5Pz8GgiULbPgzG37m",
                                          "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g= ",
                                          "{SHA} W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
                                          "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9j4",
                                          "{SHA}5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8",
                                          "{SSHA}",
                                          "{SSHA}====",
                                          "{SSHA}W6ph5Mm5Pz8GgiULbPgzG37m",
                                          "{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9h=",
                                          "$apr1$",
                                          "$apr1$salt",
                                          "$apr1$salt$",
                                          "$apr1$salt$HqJZimcKQFAMYayBlzkrA",
                                          "$apr1$salt$HqJZimcKQFAMYayBlzkrA/x",
                                          "$apr1$HqJZimcKQFAMYayBlzkrA/"}) {
        refused(checks, stored);
    }
}

void control_characters_at_rest(Checks& checks) {
    const std::string sha = sha1_entry("secret");
    for (const char c : {'\0', '\n', '\r', '\t', '\x1b', '\x7f'}) {
        for (const std::string& stored :
             {std::string("{PLAIN}a") + c + "b", sha + c, "$apr1$sa" + std::string(1, c) + "t$x",
              std::string("$6$sal") + c + "t$abc", std::string("{PLAIN}") + c, std::string(1, c)}) {
            refused(checks, stored);
        }
    }
    const std::string cut = sha + "x";
    checks.that(PasswordHash::parse(std::string_view(cut).substr(0, sha.size())).has_value(),
                "its own end");
}

std::vector<std::string> stored_forms(const std::string& password) {
    std::vector<std::string> forms{
        "{PLAIN}" + password, sha1_entry(password), salted_sha1_entry(password, "salt"),
        salted_entry("SHA256", password, "salt"), salted_entry("SHA512", password, "salt")};
    if (password.size() <= limit) {
        for (const char* setting : {"$1$salt", "$5$rounds=1000$salt", "$6$rounds=1000$salt",
                                    "$y$j7T$salt", "{CRYPT}$6$rounds=1000$salt"}) {
            const std::string_view text(setting);
            const std::string mark(text.substr(0, text.find('$')));
            forms.push_back(mark + crypt_with(password, setting + mark.size()));
        }
    }
    return forms;
}

void longest_passwords(Checks& checks) {
    const std::string longest(limit, 'p');
    for (const std::string& stored : stored_forms(longest)) {
        const auto hash = PasswordHash::parse(stored);
        checks.that(hash.has_value() && hash->matches(longest), stored);
        checks.that(hash.has_value() && !hash->matches(longest + "p"), "512 bytes");
        checks.that(hash.has_value() && !hash->matches(std::string(100'000, 'p')), "very long");
    }
    for (const std::string& stored : stored_forms(longest + "p")) {
        const auto hash = PasswordHash::parse(stored);
        checks.that(!hash.has_value() || !hash->matches(longest + "p"), "512 bytes");
        checks.that(!hash.has_value() || !hash->matches(longest), "511 of 512 bytes");
    }
}

void a_hash_that_ignores_a_part_of_the_password(Checks& checks) {
    for (const std::string& des : {std::string("rqXexS6ZhobKA"), crypt_with("password", "ab"),
                                   "{CRYPT}" + crypt_with("password", "ab")}) {
        const auto hash = PasswordHash::parse(des);
        checks.that(!hash.has_value() && hash.error().find("DES") != std::string::npos, des);
    }
    const std::string longest(72, 'p');
    for (const char* prefix : {"$2a$", "$2b$", "$2y$"}) {
        const auto hash = PasswordHash::parse(crypt_entry(longest, prefix, 4)).value();
        checks.that(hash.matches(longest), prefix);
        checks.that(!hash.matches(longest + "p") && !hash.matches(longest + "other"), prefix);
        const auto cut = PasswordHash::parse(crypt_entry(longest + "p", prefix, 4)).value();
        checks.that(!cut.matches(longest + "p"), "refused, whoever hashed it");
    }
    const auto bsdi = PasswordHash::parse(crypt_with("p\xe4ssword", "_J9..rasm")).value();
    checks.that(!bsdi.matches("p\xe4ssword"), "seven bits of each byte");
    checks.that(
        PasswordHash::parse(crypt_with("pdssword", "_J9..rasm")).value().matches("pdssword"),
        "ASCII");
}

void control_characters_match_nothing(Checks& checks) {
    for (int byte = 0; byte < 256; ++byte) {
        const bool control = byte < 0x20 || byte == 0x7f;
        const std::string password = std::string("ab") + static_cast<char>(byte) + "cd";
        for (const std::string& stored : {"{PLAIN}" + password, sha1_entry(password)}) {
            const auto hash = PasswordHash::parse(stored);
            checks.equal(hash.has_value() && hash->matches(password), !control,
                         std::to_string(byte));
        }
    }
    for (const std::string& stored : stored_forms("secret")) {
        const auto hash = PasswordHash::parse(stored);
        checks.that(hash.has_value() && hash->matches("secret"), stored);
        for (const std::string_view tail :
             {std::string_view("\0", 1), std::string_view("\0x", 2), std::string_view("\n"),
              std::string_view("\r\n"), std::string_view("\x7f")}) {
            checks.that(hash.has_value() && !hash->matches("secret" + std::string(tail)), stored);
            checks.that(hash.has_value() && !hash->matches(std::string(tail) + "secret"), stored);
        }
    }
    for (const std::string& stored : stored_forms("")) {
        const auto hash = PasswordHash::parse(stored);
        checks.that(!hash.has_value() || !hash->matches(std::string_view("\0", 1)), stored);
        checks.that(!hash.has_value() || !hash->matches(std::string_view("\0x", 2)), stored);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<text_without_a_mark>),
        cmocka_unit_test(run<broken_hashes>),
        cmocka_unit_test(run<control_characters_at_rest>),
        cmocka_unit_test(run<longest_passwords>),
        cmocka_unit_test(run<a_hash_that_ignores_a_part_of_the_password>),
        cmocka_unit_test(run<control_characters_match_nothing>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
