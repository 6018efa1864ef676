#include <vector>

#include "auth/password_hash.hpp"
#include "check.hpp"
#include "hashes.hpp"

// Each scheme with known values, with hashes made here, and with hashes that are a little wrong.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::PasswordHash;

bool matches(std::string_view stored, std::string_view password) {
    const auto hash = PasswordHash::parse(stored);
    return hash.has_value() && hash->matches(password);
}

struct Row {
    std::string_view stored;
    std::string_view password;
};

// The documentation of Apache httpd ("Password Formats"), Drepper's text on SHA-crypt, and the self
// tests of crypt_blowfish; {SSHA256} and {SSHA512} were computed by Python.
const Row known[] = {
    {"{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=", "myPassword"},
    {"$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/", "myPassword"},
    {"$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC", "myPassword"},
    {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
    {"{SSHA256}s7fD5le7OT08F6uL9HvN9QkFpTUicVKd4WStM9lcPyhzYWx0c2FsdA==", "myPassword"},
    {"{SSHA512}C+cBp07hA8ttC5vlZXEa5cM6jxazAaLD6hQQY2nTOpP0utE40OZAv3K+"
     "IkpsjFqFh2PCLqADUYuzibDxOZOs7nNhbHRzYWx0",
     "myPassword"},
    {"{CRYPT}$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!"},
    {"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!"},
    {"$6$saltstring$"
     "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
     "Hello world!"},
};

void known_values(Checks& checks) {
    for (const auto& [stored, password] : known) {
        checks.that(matches(stored, password), stored);
        checks.that(!matches(stored, std::string("x") + std::string(password)), stored);
        checks.that(!matches(stored, stored), "a hash is not its own password");
        checks.that(!matches(stored, ""), "no password");
    }
}

struct Scheme {
    const char* name;
    std::string stored;
    bool slow;
    std::size_t tail; // so many characters at the end are nothing but the hash
};

std::vector<Scheme> schemes(const std::string& password) {
    return {
        {"{PLAIN}", "{PLAIN}" + password, false, password.size()},
        {"{SHA}", sha1_entry(password), false, 27},
        {"{SSHA}", salted_sha1_entry(password, "salt"), false, 31},
        {"{SSHA} with a long salt", salted_sha1_entry(password, std::string(32, 's')), false, 64},
        {"$1$", crypt_entry(password, "$1$"), true, 22},
        {"$5$", crypt_entry(password, "$5$", 1000), true, 43},
        {"$6$", crypt_entry(password, "$6$", 1000), true, 86},
        {"$2y$", crypt_entry(password, "$2y$", 4), true, 31},
        {"$2b$", crypt_entry(password, "$2b$", 4), true, 31},
        {"$y$", crypt_entry(password, "$y$", 1), true, 43},
        {"{SSHA256}", salted_entry("SHA256", password, "salt"), false, 48},
        {"{SSHA512}", salted_entry("SHA512", password, "salt"), false, 90},
        {"{CRYPT}$6$", "{CRYPT}" + crypt_entry(password, "$6$", 1000), true, 86},
        {"{CRYPT}$2y$", "{CRYPT}" + crypt_entry(password, "$2y$", 4), true, 31},
    };
}

void the_right_password_alone(Checks& checks) {
    const std::string password = "p\xc3\xa4ss wd";
    for (const Scheme& scheme : schemes(password)) {
        const auto hash = PasswordHash::parse(scheme.stored);
        checks.that(hash.has_value(), scheme.name);
        if (!hash.has_value()) {
            continue;
        }
        checks.that(hash->matches(password), scheme.name);
        checks.equal(hash->is_slow(), scheme.slow, scheme.name);
        checks.equal(hash->is_plain(), scheme.stored.starts_with("{PLAIN}"), scheme.name);
        checks.that(*hash == *PasswordHash::parse(scheme.stored), scheme.name);
        for (const std::string& wrong :
             {std::string(), password.substr(1), password.substr(0, password.size() - 1),
              std::string("P\xc3\xa4ss wd"), std::string("p\xc3\x84ss wd"), scheme.stored,
              std::string("pass wd")}) {
            checks.that(!hash->matches(wrong), scheme.name);
        }
        const std::string longer = password + "x" + password;
        checks.that(!hash->matches(std::string_view(longer).substr(0, password.size() - 1)), "cut");
        checks.that(hash->matches(std::string_view(longer).substr(0, password.size())), "its end");
    }
}

void cut_hashes_match_nothing(Checks& checks) {
    const std::string password = "secret";
    for (const Scheme& scheme : schemes(password)) {
        const auto whole = scheme.stored.size();
        for (const std::size_t cut : {std::size_t{1}, std::size_t{2}, scheme.tail}) {
            const std::string_view rest = std::string_view(scheme.stored).substr(0, whole - cut);
            checks.that(!matches(rest, password), rest);
            checks.that(!matches(rest, rest), rest);
        }
        checks.that(!matches(scheme.stored + "x", password), scheme.name);
        checks.that(!matches(scheme.stored + scheme.stored, password), scheme.name);
        checks.that(!matches(" " + scheme.stored, password), scheme.name);
    }
}

void one_other_character(Checks& checks) {
    const std::string password = "secret";
    for (const Scheme& scheme : schemes(password)) {
        for (std::size_t back = 1; back <= scheme.tail; back += 1 + scheme.tail / 11) {
            std::string altered = scheme.stored;
            char& c = altered[altered.size() - back];
            c = c == 'x' ? 'y' : 'x';
            checks.that(!matches(altered, password), scheme.name);
        }
    }
}

void other_salts(Checks& checks) {
    for (const std::string_view salt : {std::string_view("s"), std::string_view("\0\xff\n:", 4)}) {
        const std::string stored = salted_sha1_entry("secret", salt);
        checks.that(matches(stored, "secret") && !matches(stored, "secre"), stored);
        checks.that(!matches(salted_sha1_entry("sec", "ret"), "secret"), "salt is no password");
    }
    checks.that(!(*PasswordHash::parse(sha1_entry("a")) == *PasswordHash::parse(sha1_entry("b"))),
                "two hashes");
    checks.that(matches("{SSHA}" + base64(sha1("secret")), "secret") ||
                    !PasswordHash::parse("{SSHA}" + base64(sha1("secret"))),
                "no salt");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<known_values>),
        cmocka_unit_test(run<the_right_password_alone>),
        cmocka_unit_test(run<cut_hashes_match_nothing>),
        cmocka_unit_test(run<one_other_character>),
        cmocka_unit_test(run<other_salts>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
