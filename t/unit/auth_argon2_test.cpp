#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "auth/password_hash.hpp"
#include "base/text.hpp"
#include "check.hpp"

// Argon2, made by its reference implementation. Before OpenSSL 3.2 the entry is left out and the
// warning says why.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::PasswordHash;

bool has_argon2() {
    EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "ARGON2ID", nullptr);
    EVP_KDF_free(kdf);
    ERR_clear_error();
    return kdf != nullptr;
}

struct Row {
    const char* stored;
    const char* password;
    const char* kind;
};

const Row known[] = {
    {"$argon2d$v=19$m=1024,t=2,p=1$c29tZXNhbHQ$GiOlxu4SZEfM0dres79NPPzHnoFuzkWzdmlfv37R21c",
     "myPassword", "$argon2d$v=19$m=1024,t=2,p=1$"},
    {"$argon2i$v=19$m=1024,t=2,p=1$c29tZXNhbHQ$p8TFSHVh+ZgSwdKYnGjWdGFAzzsY35XGM1VY0e8Q37Y",
     "myPassword", "$argon2i$v=19$m=1024,t=2,p=1$"},
    {"$argon2id$v=19$m=1024,t=2,p=2$c29tZXNhbHQ$QsH6jX+jT/qE1BxUU81EFXPGRJwwwZb55GVLtDxELeM",
     "myPassword", "$argon2id$v=19$m=1024,t=2,p=2$"},
    {"$argon2id$v=16$m=256,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$CsY6ujQ4BbW1KoZOMTHFXw", "myPassword",
     "$argon2id$v=16$m=256,t=1,p=1$"},
    {"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$"
     "mHPTewC8/yci5yQvZycX51+wvZ25NQQ8RCsrqA0nTCw",
     "p\xc3\xa4ss wd", "$argon2id$v=19$m=64,t=1,p=1$"},
};

void known_values(Checks& checks) {
    for (const auto& [stored, password, kind] : known) {
        const auto hash = PasswordHash::parse(stored);
        if (!has_argon2()) {
            checks.that(!hash.has_value() && hash.error().find("OpenSSL 3.2") != std::string::npos,
                        stored);
            continue;
        }
        checks.that(hash.has_value() && hash->is_slow() && hash->matches(password), stored);
        checks.equal(hash->kind(), kind, stored);
        for (const std::string& wrong :
             {std::string(), std::string("x"), std::string(password) + "x", std::string(stored)}) {
            checks.that(!hash->matches(wrong), stored);
        }
    }
}

void broken_hashes(Checks& checks) {
    const std::string salt = "c29tZXNhbHQ";
    const std::string digest = "GiOlxu4SZEfM0dres79NPPzHnoFuzkWzdmlfv37R21c";
    const std::string tail = salt + "$" + digest;
    for (const std::string& stored : {"$argon2$v=19$m=1024,t=2,p=1$" + tail,
                                      "$argon2x$v=19$m=1024,t=2,p=1$" + tail,
                                      "$argon2id$m=1024,t=2,p=1$" + tail,
                                      "$argon2id$v=18$m=1024,t=2,p=1$" + tail,
                                      "$argon2id$v=19$m=0,t=2,p=1$" + tail,
                                      "$argon2id$v=19$m=1024,t=0,p=1$" + tail,
                                      "$argon2id$v=19$m=1024,t=2,p=0$" + tail,
                                      "$argon2id$v=19$m=15,t=2,p=2$" + tail,
                                      "$argon2id$v=19$t=2,m=1024,p=1$" + tail,
                                      "$argon2id$v=19$m=-1,t=2,p=1$" + tail,
                                      "$argon2id$v=19$m=99999999999,t=2,p=1$" + tail,
                                      "$argon2id$v=19$m=1024,t=2,p=1,x=1$" + tail,
                                      "$argon2id$v=19$m=1024,t=2,p=1$" + salt,
                                      "$argon2id$v=19$m=1024,t=2,p=1$" + salt + "$",
                                      "$argon2id$v=19$m=1024,t=2,p=1$$" + digest,
                                      "$argon2id$v=19$m=1024,t=2,p=1$YWJj$" + digest,
                                      "$argon2id$v=19$m=1024,t=2,p=1$" + salt + "$c2hvcnQ",
                                      "$argon2id$v=19$m=1024,t=2,p=1$" + salt + "$!" + digest,
                                      "$argon2id$v=19$m=1024,t=2,p=1$" + tail + "=",
                                      "$argon2id$v=19$m=1024,t=2,p=1$" + tail + "$x",
                                      std::string("$argon2id$")}) {
        const auto hash = PasswordHash::parse(stored);
        checks.that(!hash.has_value() && hash.error().find("invalid") != std::string::npos, stored);
    }
    const auto huge = PasswordHash::parse("$argon2id$v=19$m=4294967295,t=2,p=1$" + tail);
    checks.that(!huge.has_value(), "4 TiB");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<known_values>),
        cmocka_unit_test(run<broken_hashes>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
