#pragma once

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "jwt/claims.hpp"
#include "jwt/issue.hpp"
#include "jwt/jwks.hpp"
#include "jwt/verify.hpp"
#include "keys.hpp"

namespace sallyport::test {

// Everything that can be signed with; EdDSA has two kinds of keys.
struct Kind {
    std::string_view name;
    jwt::Algorithm algorithm;
    std::optional<KeyType> type; // none: HMAC
};

inline constexpr std::array<Kind, jwt::algorithm_count + 1> all_kinds{{
    {"HS256", jwt::Algorithm::hs256, {}},
    {"HS384", jwt::Algorithm::hs384, {}},
    {"HS512", jwt::Algorithm::hs512, {}},
    {"RS256", jwt::Algorithm::rs256, KeyType::rsa},
    {"RS384", jwt::Algorithm::rs384, KeyType::rsa},
    {"RS512", jwt::Algorithm::rs512, KeyType::rsa},
    {"PS256", jwt::Algorithm::ps256, KeyType::rsa},
    {"PS384", jwt::Algorithm::ps384, KeyType::rsa},
    {"PS512", jwt::Algorithm::ps512, KeyType::rsa},
    {"ES256", jwt::Algorithm::es256, KeyType::p256},
    {"ES384", jwt::Algorithm::es384, KeyType::p384},
    {"ES512", jwt::Algorithm::es512, KeyType::p521},
    {"ES256K", jwt::Algorithm::es256k, KeyType::k256},
    {"EdDSA", jwt::Algorithm::eddsa, KeyType::ed25519},
    {"EdDSA", jwt::Algorithm::eddsa, KeyType::ed448},
    {"Ed25519", jwt::Algorithm::ed25519, KeyType::ed25519},
    {"Ed448", jwt::Algorithm::ed448, KeyType::ed448},
}};

// EdDSA and the name of its curve are names of one algorithm.
inline jwt::AlgorithmSet names_of(const Kind& kind) {
    jwt::AlgorithmSet names = kind.algorithm;
    for (const Kind& each : all_kinds) {
        if (kind.type == each.type && jwt::describe(kind.algorithm).family == jwt::Family::eddsa) {
            names.add(each.algorithm);
        }
    }
    return names;
}

inline const Kind& kind(std::string_view name) {
    for (const Kind& each : all_kinds) {
        if (each.name == name) {
            return each;
        }
    }
    throw std::invalid_argument("no such algorithm");
}

inline constexpr std::string_view hmac_secret =
    "a secret of sixty-four octets, long enough for HS512, as it seems";
static_assert(hmac_secret.size() >= 64);

inline Secret secret_of(std::string_view buffer) {
    return Secret(bytes(buffer));
}

inline jwt::SigningKey hmac_signer(std::string_view secret, jwt::Algorithm algorithm,
                                   std::string kid = "k1") {
    auto made = jwt::SigningKey::from_secret(std::move(kid), algorithm, secret_of(secret));
    return std::move(made).value();
}

inline jwt::SigningKey signer(const Kind& kind, std::string kid = "k1") {
    if (!kind.type) {
        return hmac_signer(hmac_secret, kind.algorithm, std::move(kid));
    }
    auto made =
        jwt::SigningKey::from_private(std::move(kid), kind.algorithm, share(key_pair(*kind.type)));
    return std::move(made).value();
}

inline std::string oct_members(std::string_view secret) {
    return R"("kty":"oct","k":")" + base64url_encode(bytes(secret)) + "\"";
}

inline std::string members_of(const Kind& kind) {
    return kind.type ? jwk_members(*kind.type) : oct_members(hmac_secret);
}

// A JWK Set of JWKs that are given by their members, without braces.
inline std::string jwks(const std::vector<std::string>& keys) {
    std::string text = R"({"keys":[)";
    for (const std::string& key : keys) {
        text += (text.back() == '[' ? "{" : ",{") + key + "}";
    }
    return text + "]}";
}

inline jwt::LoadedKeyset load(std::string_view text,
                              jwt::KeysetFormat format = jwt::KeysetFormat::jwks,
                              jwt::WeakKeys weak = jwt::WeakKeys::refused) {
    auto loaded = load_keyset(text, format, weak);
    if (!loaded.has_value()) {
        throw std::runtime_error(loaded.error());
    }
    return std::move(loaded).value();
}

inline jwt::Keyset keyset(const std::vector<std::string>& keys) {
    return load(jwks(keys)).keys;
}

// The one key of a kind, with the kid "k1".
inline jwt::Keyset keyset_of(const Kind& kind) {
    return keyset({R"("kid":"k1",)" + members_of(kind)});
}

inline std::string encode(std::string_view text) {
    return base64url_encode(bytes(text));
}

// A token of texts that need not be JSON.
inline std::string sign_text(const jwt::SigningKey& key, std::string_view header,
                             std::string_view payload) {
    const std::string input = encode(header) + "." + encode(payload);
    return input + "." + base64url_encode(key.sign(input));
}

inline std::string header_of(const Kind& kind, std::string_view more = "") {
    return R"({"alg":")" + std::string(kind.name) + R"(","kid":"k1")" + std::string(more) + "}";
}

inline Result<jwt::VerifiedToken, jwt::Refusal>
verify_with(const jwt::Keyset& keys, std::string_view token,
            jwt::AlgorithmSet allowed = jwt::AlgorithmSet::all()) {
    const std::array<const jwt::Keyset*, 1> sets{&keys};
    return verify(token, sets, allowed);
}

// "valid", or the log name of the reason.
inline std::string outcome(const jwt::Keyset& keys, std::string_view token,
                           jwt::AlgorithmSet allowed = jwt::AlgorithmSet::all()) {
    const auto verified = verify_with(keys, token, allowed);
    return std::string(verified.has_value() ? "valid" : describe(verified.error().reason).name);
}

struct ClaimRules {
    jwt::Names issuers;
    jwt::Names audiences;
    std::int64_t leeway = 0;
    bool require_exp = false;
    bool validate_exp = true;
};

inline std::optional<Reason> check_claims(const jwt::VerifiedToken& token, const ClaimRules& rules,
                                          std::int64_t now) {
    return jwt::check_claims(token, {rules.leeway, rules.require_exp, rules.validate_exp},
                             rules.issuers, rules.audiences, now);
}

inline json::Value parse(std::string_view text) {
    json::Value value(json_loadb(text.data(), text.size(), 0, nullptr));
    if (!value) {
        throw std::invalid_argument("the test's JSON is broken");
    }
    return value;
}

inline json::Document document_of(std::string_view text) {
    json::Document document = json::parse_document(text, {1 << 20, 64});
    if (!document) {
        throw std::invalid_argument("the test's JSON is broken");
    }
    return document;
}

} // namespace sallyport::test
