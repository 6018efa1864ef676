#include <crypt.h>

#include "auth/apr1.hpp"
#include "auth/credential.hpp"
#include "auth/password_hash.hpp"
#include "auth/token_request.hpp"
#include "base/encoding.hpp"
#include "check.hpp"
#include "hashes.hpp"
#include "jwt/jwks.hpp"
#include "left_behind.hpp"

// No password and no key stays in memory that was given back.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::PasswordHash;

// Longer than any buffer inside of a string, and than a block of SHA-1 where it is doubled.
const std::string secret = "correct-horse-battery-staple-0123456789";

void nothing_is_left(Checks& checks, const char* what, std::string_view needle,
                     const std::function<void()>& work) {
    const LeftBehind left = left_behind(needle, work);
    checks.equal(left.in_freed_memory, 0, std::string(what) + ": copies in freed memory");
    checks.that(!left.on_the_stack, std::string(what) + ": a copy on the stack");
}

void nothing_is_left(Checks& checks, const char* what, const std::function<void()>& work) {
    nothing_is_left(checks, what, secret, work);
}

void the_watch_sees_what_is_left(Checks& checks) {
    const LeftBehind freed = left_behind(secret, [] { const std::string copy = secret; });
    checks.that(freed.in_freed_memory > 0, "freed memory");
    const LeftBehind grown = left_behind(secret, [] {
        void* memory = malloc(64);
        std::memcpy(memory, secret.data(), secret.size());
        memory = realloc(memory, 4096);
        cleanse(memory, 4096);
        free(memory);
    });
    checks.that(grown.in_freed_memory > 0, "memory that grew");
    const LeftBehind stack = left_behind(secret, [] {
        [[maybe_unused]] volatile char copy[16384]; // deeper than what ends a thread
        for (std::size_t i = 0; i < secret.size(); ++i) {
            copy[i] = secret[i];
        }
    });
    checks.that(stack.on_the_stack, "the stack");
}

void a_secret(Checks& checks) {
    nothing_is_left(checks, "destroyed", [] { const Secret one(bytes(secret)); });
    nothing_is_left(checks, "assigned", [] {
        Secret one(bytes(secret));
        one = Secret(bytes("another"));
    });
    nothing_is_left(checks, "moved and assigned", [] {
        Secret one(bytes("another"));
        one = Secret(bytes(secret));
        Secret two(std::move(one));
        two = Secret();
    });
    nothing_is_left(checks, "shortened", [] {
        Secret one(bytes(secret));
        one.shorten(3);
    });
}

void a_login(Checks& checks) {
    const std::string json = R"({"username":"alice","password":")" + secret + R"("})";
    nothing_is_left(checks, "JSON", [&] {
        static_cast<void>(auth::read_login(auth::BodyType::json, json).value());
    });
    const std::string form = "username=alice&password=" + secret;
    nothing_is_left(checks, "a form", [&] {
        static_cast<void>(auth::read_login(auth::BodyType::form, form).value());
    });
    const std::string broken = R"({"username":"alice","password":")" + secret + R"(","x":)";
    nothing_is_left(checks, "broken JSON",
                    [&] { static_cast<void>(auth::read_login(auth::BodyType::json, broken)); });
    const std::string no_user = R"({"password":")" + secret + R"("})";
    nothing_is_left(checks, "no user",
                    [&] { static_cast<void>(auth::read_login(auth::BodyType::json, no_user)); });
    nothing_is_left(checks, "a user and a password",
                    [] { static_cast<void>(auth::UserPassword::of("alice", secret)); });
    const std::string basic = base64("alice:" + secret);
    nothing_is_left(checks, "Basic",
                    [&] { static_cast<void>(auth::UserPassword::decode(basic).value()); });
    nothing_is_left(checks, "Basic, encoded", std::string_view(basic).substr(8, 40),
                    [&] { static_cast<void>(auth::UserPassword::decode(basic).value()); });
    const std::string no_colon = base64(secret);
    nothing_is_left(checks, "Basic without a colon",
                    [&] { static_cast<void>(auth::UserPassword::decode(no_colon)); });
}

void a_refresh_token(Checks& checks) {
    const std::string json = R"({"refresh_token":"Bearer )" + secret + R"("})";
    nothing_is_left(checks, "JSON", [&] {
        static_cast<void>(auth::read_refresh_token(auth::BodyType::json, json, true).value());
    });
    const std::string form = "grant_type=refresh_token&refresh_token=" + secret;
    nothing_is_left(checks, "a form", [&] {
        static_cast<void>(auth::read_refresh_token(auth::BodyType::form, form, true).value());
    });
}

void a_password_that_is_compared(Checks& checks) {
    for (const std::string& stored :
         {"{PLAIN}" + std::string("x"), sha1_entry(secret), salted_sha1_entry(secret, "salt"),
          salted_sha1_entry(secret, std::string(100, 's')), salted_entry("SHA256", secret, "salt"),
          salted_entry("SHA512", secret, "salt"), "$apr1$salt$" + auth::apr1(secret, "salt"),
          crypt_entry(secret, "$1$"), crypt_entry(secret, "$5$", 1000),
          crypt_entry(secret, "$6$", 1000), crypt_entry(secret, "$2y$", 4),
          crypt_entry(secret, "$y$", 1), crypt_entry(secret, "$7$", 6)}) {
        const PasswordHash hash = PasswordHash::parse(stored).value();
        nothing_is_left(checks, stored.c_str(), [&] { static_cast<void>(hash.matches(secret)); });
    }
}

// The characters of the right hash, which an attacker would have to find.
void a_hash_that_was_computed(Checks& checks) {
    const std::string right = auth::apr1(secret, "salt");
    const PasswordHash apr1 = PasswordHash::parse("$apr1$salt$" + right).value();
    nothing_is_left(checks, "apr1", right, [&] { static_cast<void>(apr1.matches(secret)); });
    const std::string digest = sha1(secret);
    const PasswordHash sha1 = PasswordHash::parse(sha1_entry(secret)).value();
    nothing_is_left(checks, "SHA-1", digest, [&] { static_cast<void>(sha1.matches(secret)); });
    const std::string crypt = crypt_entry(secret, "$6$", 1000);
    const PasswordHash sha512 = PasswordHash::parse(crypt).value();
    nothing_is_left(checks, "crypt(3)", std::string_view(crypt).substr(crypt.size() - 86),
                    [&] { static_cast<void>(sha512.matches(secret)); });
}

void keys(Checks& checks) {
    const std::string k = base64url_encode(bytes(secret));
    const std::string jwks =
        R"({"keys":[{"kty":"oct","kid":"a","alg":"HS256","k":")" + k + R"("}]})";
    const std::string keyval = R"({"a":")" + secret + R"("})";
    for (const auto& [what, text, format] :
         {std::tuple{"a JWK", jwks, jwt::KeysetFormat::jwks},
          {"a keyval secret", keyval, jwt::KeysetFormat::keyval}}) {
        const auto parse = [&text = text, format = format] {
            static_cast<void>(jwt::load_keyset(text, format, jwt::WeakKeys::refused).value());
        };
        nothing_is_left(checks, what, parse);
        nothing_is_left(checks, what, std::string_view(k).substr(0, 40), parse);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<the_watch_sees_what_is_left>),
        cmocka_unit_test(run<a_secret>),
        cmocka_unit_test(run<a_login>),
        cmocka_unit_test(run<a_refresh_token>),
        cmocka_unit_test(run<a_password_that_is_compared>),
        cmocka_unit_test(run<a_hash_that_was_computed>),
        cmocka_unit_test(run<keys>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
