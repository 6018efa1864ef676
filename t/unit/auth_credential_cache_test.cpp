#include <map>
#include <set>

#include "auth/credential_cache.hpp"
#include "check.hpp"
#include "property.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::Account;
using auth::CredentialCache;
using auth::Method;
using auth::SharedAccount;

SharedAccount account(const std::string& subject) {
    auth::AccountData data;
    data.subject = subject;
    return std::make_shared<const Account>(std::move(data));
}

void age(Checks& checks) {
    CredentialCache cache;
    const Digest key = cache.key("file", Method::password, "alice", "secret");
    checks.that(cache.find(key, 1, 1000, 1000) == nullptr, "nothing yet");
    const SharedAccount alice = account("alice");
    cache.add(key, alice, 1, 1000);
    checks.that(cache.find(key, 1, 1000, 500) == alice, "at once");
    checks.that(cache.find(key, 1, 1499, 500) == alice, "just in time");
    checks.that(cache.find(key, 1, 1000, 1) == alice, "the shortest");
    checks.that(cache.find(key, 1, 1000, 0) == nullptr, "no age at all");
    cache.add(key, alice, 1, 1000);
    checks.that(cache.find(key, 1, 1500, 500) == nullptr, "too late");
    cache.add(key, alice, 1, 1000);
    checks.that(cache.find(key, 1, 1'000'000, 500) == nullptr, "much too late");
    cache.add(key, alice, 1, 2000);
    checks.that(cache.find(key, 1, 2499, 500) == alice, "proved again");
    cache.add(key, alice, 1, 0);
    checks.that(cache.find(key, 1, UINT64_MAX, UINT64_MAX) == nullptr, "the longest");
    cache.add(key, alice, 1, 0);
    checks.that(cache.find(key, 1, UINT64_MAX - 1, UINT64_MAX) == alice, "the longest");
}

void uses_do_not_renew(Checks& checks) {
    CredentialCache cache;
    const Digest key = cache.key("file", Method::password, "alice", "secret");
    cache.add(key, account("alice"), 1, 0);
    for (std::uint64_t now = 0; now < 100; now += 10) {
        checks.that(cache.find(key, 1, now, 100) != nullptr, "used");
    }
    checks.that(cache.find(key, 1, 100, 100) == nullptr, "and still as old");
}

void generations(Checks& checks) {
    CredentialCache cache;
    const Digest key = cache.key("file", Method::api_key, "", "k");
    const SharedAccount old = account("old");
    cache.add(key, old, 7, 0);
    checks.that(cache.find(key, 8, 0, 100) == nullptr, "changed since");
    cache.add(key, old, 7, 0);
    checks.that(cache.find(key, 6, 0, 100) == nullptr, "another one, not an older one");
    const SharedAccount fresh = account("new");
    cache.add(key, old, 7, 0);
    cache.add(key, fresh, 8, 0);
    checks.that(cache.find(key, 8, 0, 100) == fresh, "replaced");
    checks.that(cache.find(key, 7, 0, 100) == nullptr, "the old one is gone");
}

void keys_are_apart(Checks& checks) {
    CredentialCache cache;
    std::set<Digest> keys;
    std::size_t made = 0;
    const std::string_view texts[] = {
        "",        "a", "b", "ab", "a:b", std::string_view("a\0b", 3), std::string_view("\0", 1),
        "password"};
    for (const std::string_view source : texts) {
        for (const Method method : {Method::jwt, Method::password, Method::api_key}) {
            for (const std::string_view user : texts) {
                for (const std::string_view secret : texts) {
                    keys.insert(cache.key(source, method, user, secret));
                    ++made;
                }
            }
        }
    }
    checks.equal(static_cast<long long>(keys.size()), static_cast<long long>(made), "all differ");
    const Digest key = cache.key("s", Method::password, "u", "p");
    checks.that(key == cache.key("s", Method::password, "u", "p"), "the same again");
    CredentialCache other;
    checks.that(key != other.key("s", Method::password, "u", "p"), "of this cache alone");
    CredentialCache moved = std::move(cache);
    checks.that(key == moved.key("s", Method::password, "u", "p"), "moved");
}

void size_is_bounded(Checks& checks) {
    CredentialCache cache;
    const SharedAccount someone = account("someone");
    const auto key = [&](std::size_t number) {
        return cache.key("file", Method::api_key, "", std::to_string(number));
    };
    for (std::size_t number = 0; number < CredentialCache::limit; ++number) {
        cache.add(key(number), someone, 1, 0);
    }
    checks.that(cache.find(key(0), 1, 0, 100) != nullptr, "all fit, and the first is used again");
    for (std::size_t number = 0; number < 3; ++number) {
        cache.add(key(CredentialCache::limit + number), someone, 1, 0);
    }
    std::size_t held = 0;
    for (std::size_t number = 0; number < CredentialCache::limit + 3; ++number) {
        held += cache.find(key(number), 1, 0, 100) != nullptr;
    }
    checks.equal(static_cast<long long>(held), CredentialCache::limit, "bounded");
    checks.that(cache.find(key(0), 1, 0, 100) != nullptr, "what is used stays");
    checks.that(cache.find(key(1), 1, 0, 100) == nullptr, "the oldest is gone");
    checks.that(someone.use_count() <= static_cast<long>(CredentialCache::limit) + 1, "released");
}

struct Proved {
    SharedAccount account;
    std::uint64_t generation;
    std::uint64_t at;
};

void equals_a_model(Checks& checks) {
    property(checks, "finds what was added lately in this generation, and nothing else", [] {
        CredentialCache cache;
        std::map<Digest, Proved> model;
        std::uint64_t now = *rc::gen::inRange<std::uint64_t>(0, 1000);
        std::uint64_t generation = 1;
        for (int step = *rc::gen::inRange(0, 40); step > 0; --step) {
            const std::string text = *rc::gen::element<std::string>("", "a", "aa");
            const Digest key = cache.key(text, *rc::gen::element(Method::password, Method::api_key),
                                         *rc::gen::element<std::string>("", "a"), "a" + text);
            switch (*rc::gen::inRange(0, 4)) {
            case 0:
                model[key] = {account(text), generation, now};
                cache.add(key, model[key].account, generation, now);
                break;
            case 1:
                now += *rc::gen::inRange<std::uint64_t>(0, 50);
                break;
            case 2:
                generation += *rc::gen::inRange<std::uint64_t>(0, 2);
                break;
            default: {
                const std::uint64_t max_age = *rc::gen::inRange<std::uint64_t>(50, 53);
                const auto known = model.find(key);
                const bool good = known != model.end() && known->second.generation == generation &&
                                  now - known->second.at < max_age;
                RC_ASSERT(cache.find(key, generation, now, max_age) ==
                          (good ? known->second.account : nullptr));
                if (known != model.end() && !good) {
                    // Whether it is forgotten now must not matter: add anew.
                    known->second = {account("anew"), generation, now};
                    cache.add(key, known->second.account, generation, now);
                }
            }
            }
        }
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<age>),
        cmocka_unit_test(run<uses_do_not_renew>),
        cmocka_unit_test(run<generations>),
        cmocka_unit_test(run<keys_are_apart>),
        cmocka_unit_test(run<size_is_bounded>),
        cmocka_unit_test(run<equals_a_model>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
