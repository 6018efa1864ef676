#include "check.hpp"
#include "tokens.hpp"

// Keys that are too short, too long or too odd, and the keyval format.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

// A modulus of that many bits; nobody knows its factors, and loading does not ask.
std::string modulus(int bits) {
    Bytes buffer(static_cast<std::size_t>((bits + 7) / 8), 0x5a);
    buffer.back() |= 1;
    const int top = (bits - 1) % 8;
    buffer[0] = static_cast<std::uint8_t>((1 << top) | (buffer[0] & ((1 << top) - 1)));
    return base64url_encode(buffer);
}

std::string rsa(int bits, std::string_view exponent = "AQAB") {
    return R"("kid":"k1","kty":"RSA","e":")" + std::string(exponent) + R"(","n":")" +
           modulus(bits) + "\"";
}

void expect(Checks& checks, const std::string& jwk, bool strict, bool lenient,
            std::string_view name) {
    for (const WeakKeys weak : {WeakKeys::refused, WeakKeys::allowed}) {
        const LoadedKeyset loaded = load(jwks({jwk}), KeysetFormat::jwks, weak);
        const bool wanted = weak == WeakKeys::allowed ? lenient : strict;
        checks.equal(static_cast<long long>(loaded.keys.size()), wanted ? 1 : 0, name);
        checks.equal(static_cast<long long>(loaded.warnings.size()), wanted ? 0 : 1, name);
        for (const std::string& warning : loaded.warnings) {
            checks.that(warning.find("k1") != std::string::npos, warning);
        }
    }
}

void rsa_modulus_sizes(Checks& checks) {
    struct Row {
        int bits;
        bool strict;
        bool lenient;
    };
    const Row rows[] = {{512, false, false},   {1023, false, false}, {1024, false, true},
                        {2047, false, true},   {2048, true, true},   {3072, true, true},
                        {4096, true, true},    {8192, true, true},   {8193, false, false},
                        {16384, false, false}, {65536, false, false}};
    for (const Row& row : rows) {
        expect(checks, rsa(row.bits), row.strict, row.lenient, std::to_string(row.bits));
    }
}

std::string base64url_of(const BIGNUM* number) {
    Bytes buffer(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, buffer.data());
    return base64url_encode(buffer);
}

// CVE-2017-15361: of the product of the first primes, the modulus leaves a power of 65537.
std::string roca_modulus(int bits, unsigned exponent) {
    const std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context(BN_CTX_new(), BN_CTX_free);
    const Bignum product(BN_new());
    const Bignum generator(BN_new());
    const Bignum power(BN_new());
    const Bignum modulus(BN_new());
    BN_one(product.get());
    for (BN_ULONG n = 2; n <= 701; ++n) {
        BN_ULONG divisor = 2;
        while (n % divisor != 0) {
            ++divisor;
        }
        if (divisor == n) {
            BN_mul_word(product.get(), n);
        }
    }
    BN_set_word(generator.get(), 65537);
    BN_set_word(power.get(), exponent);
    BN_mod_exp(power.get(), generator.get(), power.get(), product.get(), context.get());
    BN_set_bit(modulus.get(), bits - 1);
    BN_set_bit(modulus.get(), bits - 2);
    BN_div(modulus.get(), nullptr, modulus.get(), product.get(), context.get());
    BN_mul(modulus.get(), modulus.get(), product.get(), context.get());
    BN_add(modulus.get(), modulus.get(), power.get());
    return base64url_of(modulus.get());
}

void roca_keys_are_weak(Checks& checks) {
    const auto jwk = [](const std::string& n) {
        return R"("kid":"k1","kty":"RSA","e":"AQAB","n":")" + n + "\"";
    };
    for (const int bits : {2048, 3072, 4096}) {
        for (const unsigned exponent : {1U, 2U, 12345U}) {
            expect(checks, jwk(roca_modulus(bits, exponent)), false, true, "ROCA");
        }
    }
    Bytes next = *base64url_decode(roca_modulus(2048, 12345));
    next.back() ^= 2;
    expect(checks, jwk(base64url_encode(next)), true, true, "its neighbour");
    for (int round = 0; round < 5; ++round) {
        const Pkey key(EVP_RSA_gen(2048));
        expect(checks, jwk(number(key.get(), OSSL_PKEY_PARAM_RSA_N)), true, true, "random");
    }
}

// With such a key, R = S * B is a signature of any text.
void edwards_keys_of_small_order_are_weak(Checks& checks) {
    const auto repeated = [](const char* byte, int count) {
        std::string text;
        for (int i = 0; i < count; ++i) {
            text += byte;
        }
        return text;
    };
    const std::string zeros = repeated("00", 31);
    const std::string ones = repeated("ff", 30);
    const std::string eight = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc";
    const std::string other = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03";
    for (const std::string& point :
         {"00" + zeros, "01" + zeros, "01" + repeated("00", 30) + "80", repeated("00", 31) + "80",
          "ec" + ones + "7f", "ec" + ones + "ff", "ed" + ones + "7f", "ed" + ones + "ff",
          "ee" + ones + "7f", "ee" + ones + "ff", eight + "05", eight + "85", other + "7a",
          other + "fa", "01" + repeated("00", 56), repeated("00", 57), repeated("00", 56) + "80",
          "fe" + repeated("ff", 27) + "fe" + repeated("ff", 27) + "00"}) {
        const Bytes x = *hex_decode(point);
        const char* const curve = x.size() == 32 ? "Ed25519" : "Ed448";
        expect(checks,
               R"("kid":"k1","kty":"OKP","crv":")" + std::string(curve) + R"(","x":")" +
                   base64url_encode(x) + "\"",
               false, true, point);
    }
}

void rsa_exponents(Checks& checks) {
    struct Row {
        const char* name;
        Bytes exponent;
        bool taken;
    };
    Bytes huge(256, 0x11);
    const Row rows[] = {
        {"3", {3}, true},
        {"65537", {1, 0, 1}, true},
        {"0", {0}, false},
        {"1", {1}, false}, // every padded digest is its own signature
        {"2", {2}, false},
        {"65536", {1, 0, 0}, false},
        {"64 bits", {0x80, 0, 0, 0, 0, 0, 0, 1}, true},
        {"65 bits", {1, 0, 0, 0, 0, 0, 0, 0, 1}, false},
        {"2041 bits", huge, false},
    };
    for (const Row& row : rows) {
        expect(checks, rsa(2048, base64url_encode(row.exponent)), row.taken, row.taken, row.name);
    }
}

void weak_rsa_key_verifies_only_when_allowed(Checks& checks) {
    const Kind weak{"RS256", Algorithm::rs256, KeyType::rsa_1024};
    const std::string set = jwks({R"("kid":"k1",)" + members_of(weak)});
    const std::string token = sign_text(signer(weak), header_of(weak), "{}");
    checks.equal(outcome(load(set).keys, token), "key_unknown", "refused");
    const Keyset lenient = load(set, KeysetFormat::jwks, WeakKeys::allowed).keys;
    checks.equal(outcome(lenient, token), "valid", "allowed");
}

void hmac_secret_lengths(Checks& checks) {
    struct Row {
        std::size_t size;
        const char* strong; // the strongest that it is long enough for
    };
    const Row rows[] = {{1, ""},       {16, ""},       {31, ""},       {32, "HS256"},
                        {47, "HS256"}, {48, "HS384"},  {63, "HS384"},  {64, "HS512"},
                        {65, "HS512"}, {128, "HS512"}, {129, "HS512"}, {1000, "HS512"}};
    for (const Row& row : rows) {
        const std::string secret(row.size, 's');
        const std::string jwk = R"("kid":"k1",)" + oct_members(secret);
        const std::string name = std::to_string(row.size);
        const bool any = row.strong[0] != '\0';
        expect(checks, jwk, any, true, name);
        const Keyset strict = load(jwks({jwk})).keys;
        const Keyset lenient = load(jwks({jwk}), KeysetFormat::jwks, WeakKeys::allowed).keys;
        for (const char* algorithm : {"HS256", "HS384", "HS512"}) {
            const Kind& hs = kind(algorithm);
            const std::string token =
                sign_text(hmac_signer(secret, hs.algorithm), header_of(hs), "{}");
            const char* refused = any ? "algorithm_mismatch" : "key_unknown";
            checks.equal(outcome(strict, token),
                         any && std::string_view(algorithm) <= row.strong ? "valid" : refused,
                         name);
            checks.equal(outcome(lenient, token), "valid", name);
            expect(checks, R"("alg":")" + std::string(algorithm) + "\"," + jwk,
                   any && std::string_view(algorithm) <= row.strong, true, name);
        }
    }
}

std::string keyval(std::string_view kid, std::string_view value) {
    const json::Value object(json_object());
    json_object_set_new(object.get(), std::string(kid).c_str(),
                        json_stringn(value.data(), value.size()));
    return json::compact(object.get());
}

void keyval_holds_pem_and_secrets(Checks& checks) {
    for (const Kind& each : all_kinds) {
        std::vector<std::string> values{std::string(hmac_secret)};
        if (each.type) {
            values = {public_pem(key_pair(*each.type)), certificate_pem(key_pair(*each.type))};
        }
        for (const std::string& value : values) {
            const LoadedKeyset loaded = load(keyval("k1", value), KeysetFormat::keyval);
            checks.equal(static_cast<long long>(loaded.warnings.size()), 0, each.name);
            const std::string token = sign_text(signer(each), header_of(each), "{}");
            checks.equal(outcome(loaded.keys, token), "valid", each.name);
        }
    }
}

void keyval_secret_is_taken_as_it_is(Checks& checks) {
    const Kind& hs = kind("HS256");
    for (const std::string& secret :
         {std::string(hmac_secret) + "\n", " " + std::string(hmac_secret),
          "base64url:" + encode(hmac_secret), std::string(64, '-'),
          std::string("0123456789abcdef0123456789abcdef\r\n")}) {
        const Keyset keys = load(keyval("k1", secret), KeysetFormat::keyval).keys;
        const std::string token = sign_text(hmac_signer(secret, hs.algorithm), header_of(hs), "{}");
        checks.equal(outcome(keys, token), "valid", secret);
        const std::string other = sign_text(signer(hs), header_of(hs), "{}");
        checks.that(!verify_with(keys, other).has_value(), secret);
    }
}

void keyval_leaves_out_what_is_no_key(Checks& checks) {
    const std::string pem = public_pem(key_pair(KeyType::rsa));
    std::string broken = pem;
    broken[100] = '!';
    const std::string bad[] = {keyval("k1", private_pem(key_pair(KeyType::rsa))),
                               keyval("k1", private_pem(key_pair(KeyType::ed25519))),
                               keyval("k1", pem + private_pem(key_pair(KeyType::rsa))),
                               keyval("k1", broken),
                               keyval("k1", pem.substr(0, pem.size() / 2)),
                               keyval("k1", ""),
                               keyval("k1", "hunter2"),
                               R"({"k1":5})",
                               R"({"k1":null})",
                               R"({"k1":["0123456789abcdef0123456789abcdef"]})",
                               R"({"k1":{"kty":"oct"}})"};
    for (const std::string& text : bad) {
        const LoadedKeyset loaded = load(text, KeysetFormat::keyval);
        checks.equal(static_cast<long long>(loaded.keys.size()), 0, text);
        checks.equal(static_cast<long long>(loaded.warnings.size()), 1, text);
        for (const std::string& warning : loaded.warnings) {
            checks.that(warning.find("k1") != std::string::npos, warning);
            checks.that(warning.find("MII") == std::string::npos &&
                            warning.find("hunter2") == warning.npos,
                        "no key material");
        }
    }
    checks.equal(
        static_cast<long long>(
            load(keyval("k1", "hunter2"), KeysetFormat::keyval, WeakKeys::allowed).keys.size()),
        1, "weak keys allowed");
    checks.equal(static_cast<long long>(
                     load(keyval("k1", ""), KeysetFormat::keyval, WeakKeys::allowed).keys.size()),
                 0, "an empty secret is none");
    for (const char* text : {"", "[]", "null", R"({"a":"x","a":"y"})", "{", "k1=x"}) {
        checks.that(!load_keyset(text, KeysetFormat::keyval, WeakKeys::allowed).has_value(), text);
    }
    checks.equal(static_cast<long long>(load("{}", KeysetFormat::keyval).keys.size()), 0, "empty");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<rsa_modulus_sizes>),
        cmocka_unit_test(run<roca_keys_are_weak>),
        cmocka_unit_test(run<edwards_keys_of_small_order_are_weak>),
        cmocka_unit_test(run<rsa_exponents>),
        cmocka_unit_test(run<weak_rsa_key_verifies_only_when_allowed>),
        cmocka_unit_test(run<hmac_secret_lengths>),
        cmocka_unit_test(run<keyval_holds_pem_and_secrets>),
        cmocka_unit_test(run<keyval_secret_is_taken_as_it_is>),
        cmocka_unit_test(run<keyval_leaves_out_what_is_no_key>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
