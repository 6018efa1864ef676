#include <atomic>
#include <cerrno>
#include <stdexcept>

#include <dlfcn.h>

#include "auth/password_hash.hpp"
#include "check.hpp"
#include "hashes.hpp"

// Hashes that crypt(3) cannot compute: at all, or for want of memory.

namespace {
std::atomic<bool> no_memory = false;
}

// Instead of the library's own.
extern "C" char* crypt_r(const char* phrase, const char* setting, crypt_data* data) {
    static char failed[] = "*0";
    if (no_memory) {
        errno = ENOMEM;
        return failed;
    }
    static const auto real = reinterpret_cast<decltype(&crypt_r)>(dlsym(RTLD_NEXT, "crypt_r"));
    return real(phrase, setting, data);
}

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::PasswordHash;

void a_hash_without_memory_is_broken(Checks& checks) {
    for (const char* prefix : {"$y$", "$gy$", "$7$", "$6$", "$2y$"}) {
        const auto hash = PasswordHash::parse(crypt_entry("secret", prefix));
        checks.that(hash.has_value(), prefix);
        no_memory = true;
        for (const char* password : {"secret", "wrong"}) {
            try {
                static_cast<void>(hash->matches(password));
                checks.that(false, std::string(prefix) + ": no memory is neither yes nor no");
            } catch (const std::runtime_error&) { // as it should be
            }
        }
        no_memory = false;
        checks.that(hash->matches("secret") && !hash->matches("wrong"), prefix);
    }
}

const std::string tail43 = "kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D";
const std::string tail86 = tail43 + tail43;

void hashes_that_cannot_be_computed(Checks& checks) {
    const std::string bcrypt = "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    for (const std::string& stored : {"$2y$03$" + bcrypt,
                                      "$2y$32$" + bcrypt,
                                      "$2a$99$" + bcrypt,
                                      "$2b$4x$" + bcrypt,
                                      "$6$rounds=1$salt$" + tail86,
                                      "$6$rounds=999$salt$" + tail86,
                                      "$6$rounds=09999$salt$" + tail86,
                                      "$5$rounds=9999999999$salt$" + tail43,
                                      "$5$rounds=x$salt$" + tail43,
                                      "$5$rounds=$salt$" + tail43,
                                      "$5$rounds=5000salt$" + tail43,
                                      "$y$zzz$saltsalt$" + tail43,
                                      "$y$jzT$saltsalt$" + tail43,
                                      "$y$jKz$saltsalt$" + tail43,
                                      "$y$j9T$s$" + tail43,
                                      "$y$j9$saltsalt$" + tail43,
                                      "$gy$zzz$saltsalt$" + tail43,
                                      "$gy$jzT$saltsalt$" + tail43,
                                      "$y$" + tail43,
                                      "$7$" + tail43,
                                      "$7$zU..../....SodiumChloride$" + tail43,
                                      "$7$CU..........SodiumChloride$" + tail43,
                                      "$7$CU$" + tail43,
                                      "$sha1$x$salt$" + tail43,
                                      std::string("$md5,rounds=x$salt$$abcdefghijklmnopqrstuv"),
                                      std::string("$md5x$salt$$abcdefghijklmnopqrstuv")}) {
        checks.that(!PasswordHash::parse(stored).has_value(), stored);
    }
}

// A terabyte cannot be had, but the form is right.
void hashes_that_want_more_memory_than_there_is(Checks& checks) {
    for (const std::string& stored : {"$y$jQT$saltsalt$" + tail43, "$gy$jQT$saltsalt$" + tail43,
                                      "$7$SU..../....SodiumChloride$" + tail43}) {
        const auto hash = PasswordHash::parse(stored);
        checks.that(!hash.has_value() && hash.error().find("memory") != std::string::npos, stored);
    }
}

void hashes_that_can_be_computed(Checks& checks) {
    for (const auto& [prefix, cost] : {std::pair{"$y$", 1UL},
                                       {"$y$", 5UL},
                                       {"$gy$", 1UL},
                                       {"$7$", 6UL},
                                       {"$6$", 1000UL},
                                       {"$6$", 5000UL},
                                       {"$5$", 1001UL},
                                       {"$2y$", 4UL},
                                       {"$2y$", 5UL},
                                       {"$1$", 0UL},
                                       {"$md5", 0UL},
                                       {"$sha1", 100UL},
                                       {"$3$", 0UL},
                                       {"_", 1UL}}) {
        const auto hash = PasswordHash::parse(crypt_entry("secret", prefix, cost));
        checks.that(hash.has_value() && hash->matches("secret"), prefix);
    }
    for (const char* setting : {"$6$salt", "$5$salt", "$y$j75$abcdefgh", "$y$.75$abcdefgh",
                                "$y$/75$abcdefgh", "$md5$salt", "$sha1$10$salt"}) {
        const std::string stored = crypt_with("secret", setting);
        checks.that(PasswordHash::parse(stored).has_value(), stored);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<a_hash_without_memory_is_broken>),
        cmocka_unit_test(run<hashes_that_cannot_be_computed>),
        cmocka_unit_test(run<hashes_that_want_more_memory_than_there_is>),
        cmocka_unit_test(run<hashes_that_can_be_computed>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
