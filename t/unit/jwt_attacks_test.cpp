#include <algorithm>

#include "check.hpp"
#include "tokens.hpp"

// Attacks on keys and signatures, each under its name.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

std::string with_signature(const Kind& kind, BytesView signature) {
    return encode(header_of(kind)) + "." + encode("{}") + "." + base64url_encode(signature);
}

std::string member_json(std::string_view name, std::string_view value) {
    const json::Value object(json_object());
    json_object_set_new(object.get(), std::string(name).c_str(),
                        json_stringn(value.data(), value.size()));
    return json::compact(object.get());
}

// What an attacker signs with; our own keys take no public key for a secret.
std::string forge(std::string_view secret, const Kind& kind, std::string_view header) {
    const AlgorithmInfo& info = describe(kind.algorithm);
    const std::string input = encode(header) + "." + encode("{}");
    Bytes mac(info.digest_bytes);
    EVP_Q_mac(nullptr, "HMAC", nullptr, info.digest, nullptr, secret.data(), secret.size(),
              bytes(input).data(), input.size(), mac.data(), mac.size(), nullptr);
    return input + "." + base64url_encode(mac);
}

void hmac_with_rsa_public_key_as_secret_is_refused(Checks& checks) {
    EVP_PKEY* rsa = key_pair(KeyType::rsa);
    const std::string pem = public_pem(rsa);
    const std::string members = jwk_members(KeyType::rsa);
    const std::string secrets[] = {pem,
                                   pem.substr(0, pem.size() - 1),
                                   public_der(rsa),
                                   certificate_pem(rsa),
                                   "{" + members + "}",
                                   jwks({members}),
                                   jwks({R"("kid":"k1",)" + members}),
                                   number(rsa, OSSL_PKEY_PARAM_RSA_N)};
    const Keyset sets[] = {
        keyset({R"("kid":"k1",)" + members}), keyset({R"("kid":"k1","alg":"RS256",)" + members}),
        load(member_json("k1", pem), KeysetFormat::keyval).keys,
        load(member_json("k1", certificate_pem(rsa)), KeysetFormat::keyval).keys};
    for (const Keyset& keys : sets) {
        checks.equal(static_cast<long long>(keys.size()), 1, "keys");
        for (const std::string& secret : secrets) {
            for (const char* name : {"HS256", "HS384", "HS512"}) {
                const Kind& hs = kind(name);
                checks.equal(outcome(keys, forge(secret, hs, header_of(hs))), "algorithm_mismatch",
                             name);
                const std::string no_kid = R"({"alg":")" + std::string(name) + "\"}";
                checks.equal(outcome(keys, forge(secret, hs, no_kid)), "key_unknown", name);
            }
        }
    }
}

void hmac_jwk_cannot_do_rsa(Checks& checks) {
    const Keyset keys = keyset_of(kind("HS256"));
    for (const Kind& each : all_kinds) {
        if (each.type) {
            checks.equal(outcome(keys, sign_text(signer(each), header_of(each), "{}")),
                         "algorithm_mismatch", each.name);
        }
    }
}

void none_in_every_casing_is_refused(Checks& checks) {
    const Keyset sets[] = {keyset_of(kind("RS256")), keyset_of(kind("HS256")), keyset({})};
    for (unsigned casing = 0; casing < 16; ++casing) {
        std::string none = "none";
        for (unsigned at = 0; at < 4; ++at) {
            none[at] = static_cast<char>(casing >> at & 1 ? none[at] - 0x20 : none[at]);
        }
        for (const std::string& more : {std::string(), std::string(R"(,"kid":"k1")")}) {
            const std::string header = encode(R"({"alg":")" + none + "\"" + more + "}");
            const std::string input = header + "." + encode(R"({"sub":"root"})");
            const std::string mac = base64url_encode(signer(kind("HS256")).sign(input));
            for (const Keyset& keys : sets) {
                checks.equal(outcome(keys, input + "."), "algorithm_unsupported", none);
                checks.equal(outcome(keys, input + "." + mac), "algorithm_unsupported", none);
                checks.that(!verify_with(keys, input).has_value(), none);
            }
        }
    }
    checks.equal(outcome(sets[0], sign_text(signer(kind("RS256")), header_of(kind("RS256")), "{}")),
                 "valid", "a good token afterwards");
}

void unknown_or_missing_algorithm_is_refused(Checks& checks) {
    const Keyset keys = keyset_of(kind("HS256"));
    const SigningKey key = signer(kind("HS256"));
    for (const char* header :
         {R"({"kid":"k1"})", R"({"alg":"","kid":"k1"})", R"({"alg":"hs256","kid":"k1"})",
          R"({"alg":"HS256 ","kid":"k1"})", R"({"alg":"HS2560","kid":"k1"})",
          R"({"alg":"HS1","kid":"k1"})", R"({"alg":"RSA-OAEP","kid":"k1"})",
          R"({"alg":"dir","enc":"A128GCM","kid":"k1"})", R"({"Alg":"HS256","kid":"k1"})"}) {
        checks.equal(outcome(keys, sign_text(key, header, "{}")), "algorithm_unsupported", header);
    }
    for (const char* header : {R"({"alg":null,"kid":"k1"})", R"({"alg":256,"kid":"k1"})",
                               R"({"alg":["HS256"],"kid":"k1"})", R"({"alg":true,"kid":"k1"})",
                               R"({"alg":{"HS256":1},"kid":"k1"})"}) {
        checks.that(!verify_with(keys, sign_text(key, header, "{}")).has_value(), header);
    }
}

// CVE-2022-21449 and its neighbours.
void ecdsa_zero_and_out_of_range_are_refused(Checks& checks) {
    for (const char* name : {"ES256", "ES384", "ES512", "ES256K"}) {
        const Kind& es = kind(name);
        const Keyset keys = keyset_of(es);
        const std::size_t half = describe(es.algorithm).field_bytes;
        EVP_PKEY* pair = key_pair(*es.type);
        const auto order =
            base64url_decode(number(pair, OSSL_PKEY_PARAM_EC_ORDER, static_cast<int>(half)));
        Bytes above = *order;
        above.back() += 1;
        Bytes one(half, 0);
        one.back() = 1;
        const Bytes good = signer(es).sign(encode(header_of(es)) + "." + encode("{}"));
        checks.equal(outcome(keys, with_signature(es, good)), "valid", name);
        const Bytes good_r(good.begin(), good.begin() + static_cast<long>(half));
        const Bytes good_s(good.begin() + static_cast<long>(half), good.end());
        const Bytes values[] = {Bytes(half, 0),    one,    *order, above,
                                Bytes(half, 0xff), good_r, good_s};
        for (const Bytes& r : values) {
            for (const Bytes& s : values) {
                if (r == good_r && s == good_s) {
                    continue;
                }
                Bytes both = r;
                both.insert(both.end(), s.begin(), s.end());
                checks.equal(outcome(keys, with_signature(es, both)), "signature_invalid", name);
            }
        }
    }
}

void ecdsa_der_instead_of_raw_is_refused(Checks& checks) {
    for (const char* name : {"ES256", "ES384", "ES512", "ES256K"}) {
        const Kind& es = kind(name);
        const std::string input = encode(header_of(es)) + "." + encode("{}");
        const auto digest = describe(es.algorithm).digest;
        const DigestContext context(EVP_MD_CTX_new());
        EVP_DigestSignInit_ex(context.get(), nullptr, digest, nullptr, nullptr, key_pair(*es.type),
                              nullptr);
        Bytes der(200);
        std::size_t size = der.size();
        EVP_DigestSign(context.get(), der.data(), &size, bytes(input).data(), input.size());
        der.resize(size);
        checks.equal(outcome(keyset_of(es), with_signature(es, der)), "signature_invalid", name);
    }
}

void ecdsa_stripped_or_padded_coordinates_are_refused(Checks& checks) {
    const Kind& es = kind("ES256");
    const Bytes good = signer(es).sign(encode(header_of(es)) + "." + encode("{}"));
    Bytes padded(1, 0);
    padded.insert(padded.end(), good.begin(), good.begin() + 32);
    padded.push_back(0);
    padded.insert(padded.end(), good.begin() + 32, good.end());
    checks.equal(outcome(keyset_of(es), with_signature(es, padded)), "signature_invalid", "padded");
}

void signature_of_wrong_length_is_refused(Checks& checks) {
    for (const Kind& each : all_kinds) {
        const Keyset keys = keyset_of(each);
        const Bytes good = signer(each).sign(encode(header_of(each)) + "." + encode("{}"));
        checks.equal(static_cast<long long>(keys.keys()[0].signature_size(each.algorithm)),
                     static_cast<long long>(good.size()), each.name);
        const std::size_t size = good.size();
        for (const std::size_t other : {std::size_t{0}, std::size_t{1}, size / 2, size - 1,
                                        size + 1, size + 2, 2 * size, std::size_t{12000}}) {
            Bytes resized = good;
            resized.resize(other, 0);
            checks.equal(outcome(keys, with_signature(each, resized)), "signature_invalid",
                         each.name);
        }
    }
}

void signature_of_21830_characters_is_refused(Checks& checks) {
    const std::string input = encode(header_of(kind("ES256"))) + ".e30.";
    checks.equal(outcome(keyset_of(kind("ES256")), input + std::string(21830, 'A')),
                 "token_too_large", "21830");
}

// RFC 7518 section 3.5: the salt is as long as the hash.
void pss_salt_of_another_length_is_refused(Checks& checks) {
    for (const char* name : {"PS256", "PS384", "PS512"}) {
        const Kind& ps = kind(name);
        const std::string input = encode(header_of(ps)) + "." + encode("{}");
        const AlgorithmInfo& info = describe(ps.algorithm);
        for (const int salt : {0, 1, 20, 32, 48, 64, 100}) {
            const DigestContext context(EVP_MD_CTX_new());
            EVP_PKEY_CTX* key = nullptr; // the context's own
            EVP_DigestSignInit_ex(context.get(), &key, info.digest, nullptr, nullptr,
                                  key_pair(KeyType::rsa), nullptr);
            EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING);
            EVP_PKEY_CTX_set_rsa_pss_saltlen(key, salt);
            Bytes signature(256);
            std::size_t size = signature.size();
            EVP_DigestSign(context.get(), signature.data(), &size, bytes(input).data(),
                           input.size());
            const bool same = static_cast<std::size_t>(salt) == info.digest_bytes;
            checks.equal(outcome(keyset_of(ps), with_signature(ps, signature)),
                         same ? "valid" : "signature_invalid", name);
        }
    }
}

void keys_in_the_header_are_never_used(Checks& checks) {
    const Kind& rs = kind("RS256");
    const Kind attacker{"RS256", Algorithm::rs256, KeyType::rsa_other};
    const Keyset keys = keyset_of(rs);
    const std::string jwk = "{" + jwk_members(KeyType::rsa_other) + "}";
    std::string x5c = certificate_pem(key_pair(KeyType::rsa_other));
    x5c = x5c.substr(28, x5c.size() - 28 - 27);
    std::erase(x5c, '\n');
    const std::string extras[] = {",\"jwk\":" + jwk,
                                  R"(,"jku":"https://evil.example/keys")",
                                  R"(,"x5u":"file:///etc/passwd")",
                                  ",\"x5c\":[\"" + x5c + "\"]",
                                  R"(,"jwk":5,"jku":[],"x5u":{},"x5c":null)",
                                  R"(,"x5t":"AAAA","zip":"DEF","typ":7,"cty":false)"};
    for (const std::string& extra : extras) {
        checks.equal(outcome(keys, sign_text(signer(attacker), header_of(rs, extra), "{}")),
                     "signature_invalid", extra);
        checks.equal(
            outcome(keys, sign_text(signer(attacker), R"({"alg":"RS256")" + extra + "}", "{}")),
            "signature_invalid", extra);
        checks.equal(outcome(keys, sign_text(signer(rs), header_of(rs, extra), "{}")), "valid",
                     extra);
    }
}

void critical_header_is_refused(Checks& checks) {
    const Kind& hs = kind("HS256");
    const Keyset keys = keyset_of(hs);
    for (const char* extra :
         {R"(,"crit":["exp"])", R"(,"crit":[])", R"(,"crit":["b64"],"b64":true)",
          R"(,"crit":["b64"],"b64":false)", R"(,"b64":false)", R"(,"crit":"exp","exp":1)",
          R"(,"crit":null)", R"(,"crit":["alg"])", R"(,"crit":0)"}) {
        checks.equal(outcome(keys, sign_text(signer(hs), header_of(hs, extra), "{}")),
                     "critical_header", extra);
    }
    checks.equal(outcome(keys, sign_text(signer(hs), header_of(hs, R"(,"b64":true)"), "{}")),
                 "valid", "b64 at its default");
}

// RFC 7797: the payload as it is, unencoded.
void unencoded_payload_is_refused(Checks& checks) {
    const Kind& hs = kind("HS256");
    const std::string input = encode(header_of(hs, R"(,"b64":false,"crit":["b64"])")) + ".{}";
    const std::string token = input + "." + base64url_encode(signer(hs).sign(input));
    checks.equal(outcome(keyset_of(hs), token), "critical_header", token);
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<hmac_with_rsa_public_key_as_secret_is_refused>),
        cmocka_unit_test(run<hmac_jwk_cannot_do_rsa>),
        cmocka_unit_test(run<none_in_every_casing_is_refused>),
        cmocka_unit_test(run<unknown_or_missing_algorithm_is_refused>),
        cmocka_unit_test(run<ecdsa_zero_and_out_of_range_are_refused>),
        cmocka_unit_test(run<ecdsa_der_instead_of_raw_is_refused>),
        cmocka_unit_test(run<ecdsa_stripped_or_padded_coordinates_are_refused>),
        cmocka_unit_test(run<signature_of_wrong_length_is_refused>),
        cmocka_unit_test(run<signature_of_21830_characters_is_refused>),
        cmocka_unit_test(run<pss_salt_of_another_length_is_refused>),
        cmocka_unit_test(run<keys_in_the_header_are_never_used>),
        cmocka_unit_test(run<critical_header_is_refused>),
        cmocka_unit_test(run<unencoded_payload_is_refused>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
