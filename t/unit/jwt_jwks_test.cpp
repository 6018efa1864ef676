#include <algorithm>

#include "base/text.hpp"
#include "check.hpp"
#include "tokens.hpp"

// Which JWKs and keyval entries become keys, and which are left out with or without a word.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

struct Row {
    const char* name;
    std::string jwk; // members
    int keys;
    int warnings; // -1: not said
};

void expect(Checks& checks, const Row& row, WeakKeys weak = WeakKeys::refused) {
    const auto loaded = load_keyset(jwks({row.jwk}), KeysetFormat::jwks, weak);
    checks.that(loaded.has_value(), row.name);
    if (!loaded.has_value()) {
        return;
    }
    checks.equal(static_cast<long long>(loaded->keys.size()), row.keys, row.name);
    if (row.warnings >= 0) {
        checks.equal(static_cast<long long>(loaded->warnings.size()), row.warnings, row.name);
    }
    const std::size_t told = loaded->warnings.size() + loaded->notices.size();
    checks.equal(static_cast<long long>(loaded->left_out), static_cast<long long>(told), row.name);
    for (const std::string& warning : loaded->warnings) {
        checks.that(!warning.empty() && !has_control(warning), warning);
    }
}

void use_and_key_ops_decide(Checks& checks) {
    const std::string rsa = jwk_members(KeyType::rsa);
    const std::string oct = oct_members(hmac_secret);
    const Row rows[] = {
        {"plain", rsa, 1, 0},
        {"use sig", R"("use":"sig",)" + rsa, 1, 0},
        {"use enc", R"("use":"enc",)" + rsa, 0, 0},
        {"use of another kind", R"("use":"tls",)" + rsa, 0, 0},
        {"use in capitals", R"("use":"SIG",)" + rsa, 0, 0},
        {"key_ops verify", R"("key_ops":["verify"],)" + rsa, 1, 0},
        {"key_ops sign and verify", R"("key_ops":["sign","verify"],)" + oct, 1, 0},
        {"key_ops sign", R"("key_ops":["sign"],)" + oct, 0, 0},
        {"key_ops encrypt", R"("key_ops":["encrypt","wrapKey"],)" + rsa, 0, 0},
        {"key_ops empty", R"("key_ops":[],)" + rsa, 0, -1},
        {"use sig, key_ops encrypt", R"("use":"sig","key_ops":["encrypt"],)" + rsa, 0, 0},
        {"use enc, key_ops verify", R"("use":"enc","key_ops":["verify"],)" + rsa, 0, 0},
        {"unknown members", R"("x5t":"AA","x":"","foo":{"bar":[1]},)" + rsa, 1, 0},
    };
    for (const Row& row : rows) {
        expect(checks, row);
    }
}

void unknown_types_are_skipped(Checks& checks) {
    const Row rows[] = {
        {"unknown", R"("kty":"AKP","kid":"q","alg":"ML-DSA-44","pub":"AAAA")", 0, 0},
        {"case of kty", R"("kty":"rsa","n":"AQAB","e":"AQAB")", 0, 0},
        {"key agreement", R"("kty":"OKP","crv":"X25519","x":")" + std::string(43, 'A') + "\"", 0,
         -1},
        {"unknown curve", R"("kty":"EC","crv":"P-192","x":"AAAA","y":"AAAA")", 0, -1},
        {"no kty", R"("kid":"x")", 0, -1},
        {"kty is a number", R"("kty":5)", 0, -1},
    };
    for (const Row& row : rows) {
        expect(checks, row);
    }
    const Keyset mixed =
        keyset({R"("kty":"XYZ","kid":"a")", R"("kid":"k1",)" + oct_members(hmac_secret)});
    const Kind& hs = kind("HS256");
    checks.equal(outcome(mixed, sign_text(signer(hs), header_of(hs), "{}")), "valid",
                 "the key beside an unknown one");
}

void alg_binds_the_key(Checks& checks) {
    struct Binding {
        std::string jwk;
        AlgorithmSet wanted;
    };
    const auto all_of = [](Family family) { return AlgorithmSet::of(family); };
    const std::string oct32 = oct_members(std::string(32, 's'));
    const std::string oct48 = oct_members(std::string(48, 's'));
    const AlgorithmSet rsa = all_of(Family::rsa) | all_of(Family::rsa_pss);
    const Binding bindings[] = {
        {jwk_members(KeyType::rsa), rsa},
        {jwk_members(KeyType::p256), Algorithm::es256},
        {jwk_members(KeyType::p384), Algorithm::es384},
        {jwk_members(KeyType::p521), Algorithm::es512},
        {jwk_members(KeyType::k256), Algorithm::es256k},
        {jwk_members(KeyType::ed25519), AlgorithmSet(Algorithm::eddsa) | Algorithm::ed25519},
        {jwk_members(KeyType::ed448), AlgorithmSet(Algorithm::eddsa) | Algorithm::ed448},
        {oct_members(hmac_secret), all_of(Family::hmac)},
        {oct32, Algorithm::hs256},
        {oct48, AlgorithmSet(Algorithm::hs256) | Algorithm::hs384},
    };
    for (const Binding& binding : bindings) {
        const Keyset keys = keyset({binding.jwk});
        checks.equal(keys.size() == 1 ? keys.keys()[0].algorithms().bits() : 0,
                     binding.wanted.bits(), binding.jwk);
        for (const Kind& each : all_kinds) {
            const std::string bound = R"("alg":")" + std::string(each.name) + "\"," + binding.jwk;
            const LoadedKeyset loaded = load(jwks({bound}));
            const bool can = binding.wanted.contains(each.algorithm);
            checks.equal(static_cast<long long>(loaded.keys.size()), can ? 1 : 0, bound);
            checks.equal(static_cast<long long>(loaded.warnings.size()), can ? 0 : 1, bound);
            if (can && loaded.keys.size() == 1) {
                const bool edwards = describe(each.algorithm).family == Family::eddsa;
                checks.that(loaded.keys.keys()[0].algorithms() ==
                                (edwards ? binding.wanted : AlgorithmSet(each.algorithm)),
                            bound);
            }
        }
    }
    for (const char* alg : {"\"none\"", "\"RSA-OAEP\"", "\"rs256\"", "\"\"", "5", "[\"RS256\"]"}) {
        const std::string jwk = std::string("\"alg\":") + alg + "," + jwk_members(KeyType::rsa);
        expect(checks, {alg, jwk, 0, -1});
    }
}

void private_keys_are_left_out_with_a_warning(Checks& checks) {
    for (const KeyType type : {KeyType::rsa, KeyType::p256, KeyType::p384, KeyType::p521,
                               KeyType::k256, KeyType::ed25519, KeyType::ed448}) {
        const std::string secret = private_member(type);
        const LoadedKeyset loaded =
            load(jwks({R"("kid":"leaked",)" + jwk_members(type) + "," + secret,
                       R"("kid":"k2",)" + jwk_members(type)}));
        checks.equal(static_cast<long long>(loaded.keys.size()), 1, "the public one");
        checks.equal(static_cast<long long>(loaded.warnings.size()), 1, "warnings");
        const std::string warning = loaded.warnings.empty() ? "" : loaded.warnings[0];
        checks.that(warning.find("leaked") != std::string::npos, warning);
        checks.that(warning.find(secret.substr(5, 20)) == std::string::npos, "no key material");
    }
    for (const char* d : {"\"\"", "5", "null", "\"!\""}) {
        const std::string jwk = jwk_members(KeyType::p256) + ",\"d\":" + d;
        expect(checks, {d, jwk, 0, 1});
    }
}

void broken_keys_are_left_out_with_a_warning(Checks& checks) {
    const std::string p256 = jwk_members(KeyType::p256);
    const std::string modulus = number(key_pair(KeyType::rsa), OSSL_PKEY_PARAM_RSA_N);
    const std::string x = number(key_pair(KeyType::p256), OSSL_PKEY_PARAM_EC_PUB_X, 32);
    const auto ec = [&](const char* curve, const std::string& px, const std::string& py) {
        return R"("kty":"EC","crv":")" + std::string(curve) + R"(","x":")" + px + R"(","y":")" +
               py + "\"";
    };
    // The same 64 bytes, cut at another place.
    const auto y = base64url_decode(number(key_pair(KeyType::p256), OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    Bytes first = *base64url_decode(x);
    Bytes second = *y;
    second.insert(second.begin(), first.back());
    first.pop_back();
    const std::string zero = base64url_encode(Bytes(32, 0));
    const std::string ones = base64url_encode(Bytes(32, 0xff));
    const Row rows[] = {
        {"RSA without n", R"("kty":"RSA","e":"AQAB")", 0, 1},
        {"RSA without e", R"("kty":"RSA","n":")" + modulus + "\"", 0, 1},
        {"too much padding in n", R"("kty":"RSA","e":"AQAB","n":")" + modulus + "===\"", 0, 1},
        {"n is a number", R"("kty":"RSA","e":"AQAB","n":12345)", 0, 1},
        {"n empty", R"("kty":"RSA","e":"AQAB","n":"")", 0, 1},
        {"e empty", R"("kty":"RSA","e":"","n":")" + modulus + "\"", 0, 1},
        {"n zero", R"("kty":"RSA","e":"AQAB","n":"AA")", 0, 1},
        {"EC without y", R"("kty":"EC","crv":"P-256","x":")" + x + "\"", 0, 1},
        {"not on the curve", ec("P-256", x, x), 0, 1},
        {"zero", ec("P-256", zero, zero), 0, 1},
        {"above the field", ec("P-256", ones, ones), 0, 1},
        {"short coordinate", ec("P-256", x.substr(0, 40), x), 0, 1},
        {"coordinates cut elsewhere",
         ec("P-256", base64url_encode(first), base64url_encode(second)), 0, 1},
        {"point of another curve", ec("secp256k1", x, x), 0, 1},
        {"no curve", R"("kty":"EC","x":"AA","y":"AA")", 0, -1},
        {"Ed25519 too short", R"("kty":"OKP","crv":"Ed25519","x":"AAAA")", 0, 1},
        {"Ed448 of 32 bytes", R"("kty":"OKP","crv":"Ed448","x":")" + zero + "\"", 0, 1},
        {"Ed25519 without x", R"("kty":"OKP","crv":"Ed25519")", 0, 1},
        {"oct without k", R"("kty":"oct")", 0, 1},
        {"oct of nothing", R"("kty":"oct","k":"")", 0, 1},
        {"oct not base64url", R"("kty":"oct","k":"not base64url, but long enough for it")", 0, 1},
        {"kid is a number", R"("kid":5,)" + p256, 0, 1},
        {"kid is an array", R"("kid":["k1"],)" + p256, 0, 1},
        {"kid with a line break", "\"kid\":\"a\\nb\",\"d\":\"\"," + p256, 0, 1},
    };
    for (const Row& row : rows) {
        expect(checks, row);
        expect(checks, row, WeakKeys::allowed);
    }
}

void sets_that_are_no_sets_fail(Checks& checks) {
    const std::string texts[] = {"",
                                 "{}",
                                 "[]",
                                 "{\"keys\":{}}",
                                 "{\"keys\":null}",
                                 "{\"keys\":\"\"}",
                                 "{\"Keys\":[]}",
                                 "{\"keys\":[]",
                                 "{\"keys\":[]}x",
                                 "{\"keys\":[],\"keys\":[]}",
                                 "{\"keys\":[}",
                                 public_pem(key_pair(KeyType::rsa)),
                                 "{\"keys\":[{\"kty\":\"oct\",\"k\":\"\",\"k\":\"\"}]}",
                                 "{\"keys\":" + std::string(100'000, '['),
                                 "{\"keys\":[]}" + std::string(max_keyset_bytes, ' ')};
    for (const std::string& text : texts) {
        for (const WeakKeys weak : {WeakKeys::refused, WeakKeys::allowed}) {
            const auto loaded = load_keyset(text, KeysetFormat::jwks, weak);
            checks.that(!loaded.has_value() && !loaded.error().empty(), text.substr(0, 60));
        }
    }
    checks.equal(static_cast<long long>(load(R"({"keys":[]})").keys.size()), 0, "empty set");
    const LoadedKeyset odd = load(R"({"keys":[null,5,"x",[],{}],"more":1})");
    checks.equal(static_cast<long long>(odd.keys.size()), 0, "members that are no keys");
}

std::string repeated(std::string_view jwk, std::size_t count) {
    std::string text = R"({"keys":[)";
    for (std::size_t i = 0; i < count; ++i) {
        text += i == 0 ? "" : ",";
        text += jwk;
    }
    return text + "]}";
}

void warnings_of_a_key_set_are_bounded(Checks& checks) {
    for (const char* jwk : {R"({"kty":"RSA"})", R"({"kty":"none"})", "5", R"({"use":"enc"})"}) {
        const LoadedKeyset loaded = load(repeated(jwk, 5000));
        checks.equal(static_cast<long long>(loaded.warnings.size() + loaded.notices.size()), 20,
                     jwk);
        checks.equal(static_cast<long long>(loaded.left_out), 5000, jwk);
    }
    std::string keyval = "{";
    for (int i = 0; i < 5000; ++i) {
        keyval += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":\"short\"";
    }
    const LoadedKeyset loaded = load(keyval + "}", KeysetFormat::keyval);
    checks.equal(static_cast<long long>(loaded.warnings.size()), 20, "keyval");
    checks.equal(static_cast<long long>(loaded.left_out), 5000, "keyval");
}

void the_number_of_keys_is_bounded(Checks& checks) {
    const std::string oct = "{" + oct_members(hmac_secret) + "}";
    checks.equal(static_cast<long long>(load(repeated(oct, 10'000)).keys.size()), 10'000, "10,000");
    for (const std::string_view jwk : {std::string_view(oct), std::string_view("{}")}) {
        checks.that(!load_keyset(repeated(jwk, 10'001), KeysetFormat::jwks, WeakKeys::refused),
                    jwk);
    }
    std::string keyval = "{";
    for (int i = 0; i < 10'001; ++i) {
        keyval += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":\"short\"";
    }
    checks.that(!load_keyset(keyval + "}", KeysetFormat::keyval, WeakKeys::refused), "keyval");
}

std::size_t allocated = 0;
std::size_t peak = 0;

void* count_in(std::size_t size) {
    auto* const memory = static_cast<std::size_t*>(std::malloc(size + 2 * sizeof(std::size_t)));
    if (memory == nullptr) {
        return nullptr;
    }
    *memory = size;
    allocated += size;
    peak = std::max(peak, allocated);
    return memory + 2;
}

void count_out(void* memory) {
    if (memory != nullptr) {
        allocated -= static_cast<std::size_t*>(memory)[-2];
        std::free(static_cast<std::size_t*>(memory) - 2);
    }
}

// Jansson takes a multiple of the text for a tree of small values.
void the_memory_for_a_key_set_is_bounded(Checks& checks) {
    std::string small = "[{}";
    while (small.size() < max_keyset_bytes - 100) {
        small += ",{}";
    }
    small += "]";
    const std::string texts[] = {repeated(R"({"kty":"RSA"})", 600'000),
                                 repeated(R"({"kty":"RSA"})", 10'000),
                                 R"({"keys":[{"kty":"RSA","more":)" + small + "}]}",
                                 R"({"more":)" + small + R"(,"keys":[]})"};
    json_set_alloc_funcs(count_in, count_out);
    for (const std::string& text : texts) {
        for (const KeysetFormat format : {KeysetFormat::jwks, KeysetFormat::keyval}) {
            peak = 0;
            static_cast<void>(load_keyset(text, format, WeakKeys::refused));
            checks.that(peak < max_keyset_bytes, text.substr(0, 40) + std::to_string(peak));
            checks.equal(static_cast<long long>(allocated), 0, "freed");
        }
    }
    json_set_alloc_funcs(std::malloc, std::free);
}

void a_byte_order_mark_before_keys_is_ignored(Checks& checks) {
    const std::string mark = "\xef\xbb\xbf";
    const std::string oct = R"("kid":"a",)" + oct_members(hmac_secret);
    checks.equal(static_cast<long long>(load(mark + jwks({oct})).keys.size()), 1, "jwks");
    const std::string keyval = R"({"a":")" + std::string(hmac_secret) + "\"}";
    checks.equal(static_cast<long long>(load(mark + keyval, KeysetFormat::keyval).keys.size()), 1,
                 "keyval");
    for (const std::string& text : {mark + mark + jwks({oct}), " " + mark + jwks({oct})}) {
        checks.that(!load_keyset(text, KeysetFormat::jwks, WeakKeys::refused).has_value(), text);
    }
}

// RFC 7517 section 5 asks to skip them; the log tells why.
void each_key_that_is_skipped_is_told(Checks& checks) {
    const std::string rsa = jwk_members(KeyType::rsa);
    const Row rows[] = {
        {"unknown algorithm", R"("alg":"RSA-OAEP",)" + rsa, 0, 0},
        {"algorithm is a number", R"("alg":5,)" + rsa, 0, 0},
        {"unknown type", R"("kty":"AKP")", 0, 0},
        {"no type", R"("x":"AAAA")", 0, 0},
        {"unknown curve", R"("kty":"EC","crv":"P-192")", 0, 0},
        {"key agreement", R"("kty":"OKP","crv":"X25519")", 0, 0},
        {"for encryption", R"("use":"enc",)" + rsa, 0, 0},
        {"not for verifying", R"("key_ops":["sign"],)" + rsa, 0, 0},
    };
    for (const Row& row : rows) {
        expect(checks, row);
        const LoadedKeyset loaded = load(jwks({R"("kid":"left",)" + row.jwk}));
        checks.equal(static_cast<long long>(loaded.notices.size()), 1, row.name);
        checks.equal(static_cast<long long>(loaded.left_out), 1, row.name);
        for (const std::string& notice : loaded.notices) {
            checks.that(notice.find("left") != std::string::npos && !has_control(notice), notice);
        }
    }
}

void null_means_absent(Checks& checks) {
    const std::string rsa = jwk_members(KeyType::rsa);
    for (const char* member : {"alg", "use", "key_ops", "kid"}) {
        expect(checks, {member, "\"" + std::string(member) + "\":null," + rsa, 1, 0});
    }
}

void many_keys_keep_their_order(Checks& checks) {
    std::vector<std::string> members;
    for (int number = 0; number < 2000; ++number) {
        members.push_back(R"("kid":")" + std::to_string(number) + "\"," +
                          oct_members(std::string(40, 's') + std::to_string(number)));
    }
    const Keyset keys = keyset(members);
    checks.equal(static_cast<long long>(keys.size()), 2000, "size");
    const SigningKey key = hmac_signer(std::string(40, 's') + "1999", Algorithm::hs256);
    checks.equal(outcome(keys, sign_text(key, R"({"alg":"HS256","kid":"1999"})", "{}")), "valid",
                 "last");
    checks.equal(outcome(keys, sign_text(key, R"({"alg":"HS256","kid":"1998"})", "{}")),
                 "signature_invalid", "the one before");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<use_and_key_ops_decide>),
        cmocka_unit_test(run<unknown_types_are_skipped>),
        cmocka_unit_test(run<alg_binds_the_key>),
        cmocka_unit_test(run<private_keys_are_left_out_with_a_warning>),
        cmocka_unit_test(run<broken_keys_are_left_out_with_a_warning>),
        cmocka_unit_test(run<sets_that_are_no_sets_fail>),
        cmocka_unit_test(run<warnings_of_a_key_set_are_bounded>),
        cmocka_unit_test(run<the_number_of_keys_is_bounded>),
        cmocka_unit_test(run<the_memory_for_a_key_set_is_bounded>),
        cmocka_unit_test(run<a_byte_order_mark_before_keys_is_ignored>),
        cmocka_unit_test(run<each_key_that_is_skipped_is_told>),
        cmocka_unit_test(run<null_means_absent>),
        cmocka_unit_test(run<many_keys_keep_their_order>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
