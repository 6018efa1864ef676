#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/encoding.hpp"
#include "jwt/openssl.hpp"

namespace sallyport::test {

enum class KeyType { rsa, rsa_other, rsa_1024, p256, p384, p521, k256, ed25519, ed448 };

inline jwt::Pkey generate(KeyType type) {
    switch (type) {
    case KeyType::rsa_1024:
        return jwt::Pkey(EVP_RSA_gen(1024));
    case KeyType::p256:
        return jwt::Pkey(EVP_EC_gen("P-256"));
    case KeyType::p384:
        return jwt::Pkey(EVP_EC_gen("P-384"));
    case KeyType::p521:
        return jwt::Pkey(EVP_EC_gen("P-521"));
    case KeyType::k256:
        return jwt::Pkey(EVP_EC_gen("secp256k1"));
    case KeyType::ed25519:
        return jwt::Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case KeyType::ed448:
        return jwt::Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"));
    default:
        return jwt::Pkey(EVP_RSA_gen(2048));
    }
}

// Made once in a test program.
inline EVP_PKEY* key_pair(KeyType type) {
    static std::array<jwt::Pkey, 9> pairs;
    auto& pair = pairs.at(static_cast<std::size_t>(type));
    if (!pair) {
        pair = generate(type);
        ERR_clear_error();
        if (!pair) {
            throw std::runtime_error("no key was made");
        }
    }
    return pair.get();
}

inline jwt::Pkey share(EVP_PKEY* key) {
    EVP_PKEY_up_ref(key);
    return jwt::Pkey(key);
}

inline std::string drain(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

inline std::string public_pem(EVP_PKEY* key) {
    const jwt::Bio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PUBKEY(bio.get(), key);
    return drain(bio.get());
}

inline std::string public_der(EVP_PKEY* key) {
    const jwt::Bio bio(BIO_new(BIO_s_mem()));
    i2d_PUBKEY_bio(bio.get(), key);
    return drain(bio.get());
}

inline std::string private_pem(EVP_PKEY* key) {
    const jwt::Bio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return drain(bio.get());
}

inline std::string certificate_pem(EVP_PKEY* key) {
    const jwt::Certificate certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_NAME* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    X509_set_pubkey(certificate.get(), key);
    const int type = EVP_PKEY_get_base_id(key);
    const bool edwards = type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448;
    X509_sign(certificate.get(), key, edwards ? nullptr : EVP_sha256());
    const jwt::Bio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), certificate.get());
    return drain(bio.get());
}

// A number of a key, base64url; `size` 0 for as many bytes as it needs.
inline std::string number(EVP_PKEY* key, const char* name, int size = 0) {
    BIGNUM* raw = nullptr;
    EVP_PKEY_get_bn_param(key, name, &raw);
    const jwt::Bignum value(raw);
    Bytes buffer(static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(value.get())));
    BN_bn2binpad(value.get(), buffer.data(), static_cast<int>(buffer.size()));
    return base64url_encode(buffer);
}

inline std::string curve_jwk(EVP_PKEY* key, const char* curve, int size) {
    return std::string(R"("kty":"EC","crv":")") + curve + R"(","x":")" +
           number(key, OSSL_PKEY_PARAM_EC_PUB_X, size) + R"(","y":")" +
           number(key, OSSL_PKEY_PARAM_EC_PUB_Y, size) + "\"";
}

inline std::string edwards_jwk(EVP_PKEY* key, const char* curve) {
    Bytes buffer(57);
    std::size_t size = buffer.size();
    EVP_PKEY_get_raw_public_key(key, buffer.data(), &size);
    buffer.resize(size);
    return std::string(R"("kty":"OKP","crv":")") + curve + R"(","x":")" + base64url_encode(buffer) +
           "\"";
}

// The members of the public JWK, without braces.
inline std::string jwk_members(KeyType type) {
    EVP_PKEY* key = key_pair(type);
    switch (type) {
    case KeyType::p256:
        return curve_jwk(key, "P-256", 32);
    case KeyType::p384:
        return curve_jwk(key, "P-384", 48);
    case KeyType::p521:
        return curve_jwk(key, "P-521", 66);
    case KeyType::k256:
        return curve_jwk(key, "secp256k1", 32);
    case KeyType::ed25519:
        return edwards_jwk(key, "Ed25519");
    case KeyType::ed448:
        return edwards_jwk(key, "Ed448");
    default:
        return R"("kty":"RSA","n":")" + number(key, OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
               number(key, OSSL_PKEY_PARAM_RSA_E) + "\"";
    }
}

// A private member for a JWK of an RSA, EC or OKP key.
inline std::string private_member(KeyType type) {
    EVP_PKEY* key = key_pair(type);
    if (type == KeyType::ed25519 || type == KeyType::ed448) {
        Bytes buffer(57);
        std::size_t size = buffer.size();
        EVP_PKEY_get_raw_private_key(key, buffer.data(), &size);
        buffer.resize(size);
        return R"("d":")" + base64url_encode(buffer) + "\"";
    }
    const bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
    return R"("d":")" + number(key, rsa ? OSSL_PKEY_PARAM_RSA_D : OSSL_PKEY_PARAM_PRIV_KEY) + "\"";
}

} // namespace sallyport::test
