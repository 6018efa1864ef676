#include "jwt/publish.hpp"

#include <openssl/core_names.h>

#include "base/encoding.hpp"
#include "json/object.hpp"

namespace sallyport::jwt {
namespace {

// A number of the key as base64url of at least `size` bytes (RFC 7518 section 6.2.1.2).
std::string number(EVP_PKEY* key, const char* name, std::size_t size) {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key, name, &value);
    const Bignum owned(required(Bignum(value)));
    Bytes buffer(std::max(size, static_cast<std::size_t>(BN_num_bytes(value))));
    BN_bn2binpad(value, buffer.data(), static_cast<int>(buffer.size()));
    return base64url_encode(buffer);
}

std::string_view curve_name(Algorithm algorithm) noexcept {
    switch (algorithm) {
    case Algorithm::es256:
        return "P-256";
    case Algorithm::es384:
        return "P-384";
    case Algorithm::es512:
        return "P-521";
    default:
        return "secp256k1";
    }
}

void set_okp(json::Object& jwk, EVP_PKEY* key) {
    std::size_t size = 0;
    EVP_PKEY_get_raw_public_key(key, nullptr, &size);
    Bytes buffer(size);
    if (EVP_PKEY_get_raw_public_key(key, buffer.data(), &size) != 1) {
        throw std::bad_alloc();
    }
    jwk.set("kty", "OKP");
    jwk.set("crv", EVP_PKEY_is_a(key, "ED448") ? "Ed448" : "Ed25519");
    jwk.set("x", base64url_encode(buffer));
}

} // namespace

json::Value public_jwk(const std::string& kid, Algorithm algorithm, EVP_PKEY* key) {
    const ErrorQueueGuard queue;
    const AlgorithmInfo& info = describe(algorithm);
    json::Object jwk;
    switch (info.family) {
    case Family::ecdsa:
        jwk.set("kty", "EC");
        jwk.set("crv", curve_name(algorithm));
        jwk.set("x", number(key, OSSL_PKEY_PARAM_EC_PUB_X, info.field_bytes));
        jwk.set("y", number(key, OSSL_PKEY_PARAM_EC_PUB_Y, info.field_bytes));
        break;
    case Family::eddsa:
        set_okp(jwk, key);
        break;
    default:
        jwk.set("kty", "RSA");
        jwk.set("n", number(key, OSSL_PKEY_PARAM_RSA_N, 0));
        jwk.set("e", number(key, OSSL_PKEY_PARAM_RSA_E, 0));
    }
    jwk.set("kid", kid);
    jwk.set("alg", info.name);
    jwk.set("use", "sig");
    return jwk.release();
}

} // namespace sallyport::jwt
