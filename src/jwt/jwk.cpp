#include "jwt/jwk.hpp"

#include <openssl/core_names.h>

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace sallyport::jwt {
namespace {

// Far above any usable value (8192 bits), and small enough to decode without a thought.
constexpr std::size_t max_member_bytes = 4096;

std::optional<Bytes> octets(const json_t* jwk, std::string_view name) {
    const auto text = json::string(json::member(jwk, name));
    if (!text || text->empty() || text->size() > max_member_bytes) {
        return std::nullopt;
    }
    return base64url_decode(*text);
}

Pkey build(const char* type, const ParamBuilder& builder) {
    const Params params(required(Params(OSSL_PARAM_BLD_to_param(builder.get()))));
    const PkeyContext context(
        required(PkeyContext(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr))));
    EVP_PKEY* key = nullptr;
    if (EVP_PKEY_fromdata_init(context.get()) == 1) {
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get());
    }
    return Pkey(key);
}

Result<Pkey> rsa_key(const json_t* jwk) {
    const auto n = octets(jwk, "n");
    const auto e = octets(jwk, "e");
    if (!n || !e) {
        return failure("\"n\" and \"e\" must be base64url");
    }
    const Bignum modulus(
        required(Bignum(BN_bin2bn(n->data(), static_cast<int>(n->size()), nullptr))));
    const Bignum exponent(
        required(Bignum(BN_bin2bn(e->data(), static_cast<int>(e->size()), nullptr))));
    const ParamBuilder builder(required(ParamBuilder(OSSL_PARAM_BLD_new())));
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
    Pkey key = build("RSA", builder);
    if (!key) {
        return failure("\"n\" and \"e\" are not an RSA key");
    }
    return key;
}

std::optional<Algorithm> curve_algorithm(std::string_view curve) noexcept {
    if (curve == "P-256") {
        return Algorithm::es256;
    }
    if (curve == "P-384") {
        return Algorithm::es384;
    }
    if (curve == "P-521") {
        return Algorithm::es512;
    }
    if (curve == "secp256k1") {
        return Algorithm::es256k;
    }
    return std::nullopt;
}

Result<Pkey> ec_key(const json_t* jwk, Algorithm algorithm) {
    const AlgorithmInfo& info = describe(algorithm);
    const auto x = octets(jwk, "x");
    const auto y = octets(jwk, "y");
    if (!x || !y || x->size() != info.field_bytes || y->size() != info.field_bytes) {
        return failure("\"x\" and \"y\" must be base64url of the curve's full size");
    }
    Bytes point{0x04}; // uncompressed, SEC 1 section 2.3.3
    point.insert(point.end(), x->begin(), x->end());
    point.insert(point.end(), y->begin(), y->end());
    const ParamBuilder builder(required(ParamBuilder(OSSL_PARAM_BLD_new())));
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, info.curve, 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                     point.size());
    Pkey key = build("EC", builder);
    if (!key) {
        return failure("\"x\" and \"y\" are not a point of the curve");
    }
    return key;
}

Result<Pkey> okp_key(const json_t* jwk, const char* type) {
    const auto x = octets(jwk, "x");
    Pkey key(x ? EVP_PKEY_new_raw_public_key_ex(nullptr, type, nullptr, x->data(), x->size())
               : nullptr);
    if (!key) {
        return failure("\"x\" is not a public key of the curve");
    }
    return key;
}

using MaybeKey = Result<Key, LeftOut>;

Failure<LeftOut> broken(std::string why) {
    return {{std::move(why), true}};
}

// Of another kind than ours; `value` is what says so.
Failure<LeftOut> skipped(const std::string& what, const json_t* value) {
    constexpr std::size_t logged_bytes = 64;
    const auto word = json::string(value);
    const std::string said = word ? '"' + log_safe(*word, logged_bytes) + '"' : "not a string";
    return {{what + (value != nullptr ? " is " + said : " is missing"), false}};
}

const json_t* present(const json_t* jwk, std::string_view name) {
    const json_t* const value = json::member(jwk, name);
    return json_is_null(value) ? nullptr : value;
}

// "use" and "key_ops" (RFC 7517 sections 4.2, 4.3).
std::optional<Failure<LeftOut>> not_for_verifying(const json_t* jwk) {
    if (const json_t* const use = present(jwk, "use"); use && json::string(use) != "sig") {
        return skipped("its use", use);
    }
    const json_t* const operations = present(jwk, "key_ops");
    if (operations == nullptr) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < json_array_size(operations); ++i) {
        if (json::string(json_array_get(operations, i)) == "verify") {
            return std::nullopt;
        }
    }
    return Failure<LeftOut>{{"its key_ops lack \"verify\"", false}};
}

MaybeKey bind(Result<Key> key) {
    if (!key) {
        return broken(key.error());
    }
    return std::move(*key);
}

MaybeKey bind(Key::Kid kid, AlgorithmSet wanted, Result<Pkey> key) {
    if (!key) {
        return broken(key.error());
    }
    return bind(Key::from_public(std::move(kid), wanted, std::move(*key)));
}

MaybeKey symmetric(Key::Kid kid, AlgorithmSet wanted, const json_t* jwk) {
    auto secret = octets(jwk, "k");
    if (!secret) {
        return broken("\"k\" must be base64url");
    }
    return bind(Key::from_secret(std::move(kid), wanted, Secret(std::move(*secret))));
}

MaybeKey by_type(Key::Kid kid, AlgorithmSet wanted, const json_t* jwk) {
    const auto type = json::string(json::member(jwk, "kty"));
    if (type == "oct") {
        return symmetric(std::move(kid), wanted, jwk);
    }
    if (type != "RSA" && type != "EC" && type != "OKP") {
        return skipped("its type", json::member(jwk, "kty"));
    }
    if (json::member(jwk, "d") != nullptr) {
        return broken("is a private key where a public key belongs");
    }
    if (type == "RSA") {
        return bind(std::move(kid), wanted, rsa_key(jwk));
    }
    const json_t* const named = json::member(jwk, "crv");
    const auto curve = json::string(named).value_or("");
    if (type == "EC") {
        const auto algorithm = curve_algorithm(curve);
        return algorithm ? bind(std::move(kid), wanted, ec_key(jwk, *algorithm))
                         : skipped("its curve", named);
    }
    if (curve == "Ed25519" || curve == "Ed448") {
        return bind(std::move(kid), wanted, okp_key(jwk, curve == "Ed448" ? "ED448" : "ED25519"));
    }
    return skipped("its curve", named);
}

} // namespace

Result<Key, LeftOut> key_from_jwk(const json_t* jwk) {
    const ErrorQueueGuard queue;
    if (!json_is_object(jwk)) {
        return broken("is not an object");
    }
    if (auto reason = not_for_verifying(jwk)) {
        return *std::move(reason);
    }
    AlgorithmSet wanted = AlgorithmSet::all();
    if (const json_t* const bound = present(jwk, "alg")) {
        const auto algorithm = find_algorithm(json::string(bound).value_or(""));
        if (!algorithm) { // one for encryption, or of the future
            return skipped("its algorithm", bound);
        }
        wanted = *algorithm;
    }
    Key::Kid kid;
    if (const json_t* const name = present(jwk, "kid")) {
        if (!json_is_string(name)) {
            return broken("\"kid\" must be a string");
        }
        kid = std::string(*json::string(name));
    }
    return by_type(std::move(kid), wanted, jwk);
}

} // namespace sallyport::jwt
