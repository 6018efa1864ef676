#include "jwt/issue.hpp"

#include <stdexcept>

#include <openssl/rsa.h>

#include "base/encoding.hpp"
#include "jwt/ecdsa_der.hpp"
#include "jwt/publish.hpp"
#include "json/jansson.hpp"
#include "json/object.hpp"

namespace sallyport::jwt {
namespace {

Bytes hmac(const AlgorithmInfo& info, const Secret& secret, std::string_view input) {
    Bytes mac(info.digest_bytes);
    std::size_t size = 0;
    required(EVP_Q_mac(nullptr, "HMAC", nullptr, info.digest, nullptr, secret.view().data(),
                       secret.size(), bytes(input).data(), input.size(), mac.data(), mac.size(),
                       &size));
    return mac;
}

bool use_pss(EVP_PKEY_CTX* context) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

Bytes asymmetric(const AlgorithmInfo& info, EVP_PKEY* key, std::string_view input) {
    const DigestContext context(required(DigestContext(EVP_MD_CTX_new())));
    EVP_PKEY_CTX* parameters = nullptr; // owned by the context
    Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
    std::size_t size = signature.size();
    if (EVP_DigestSignInit_ex(context.get(), &parameters, info.digest, nullptr, nullptr, key,
                              nullptr) != 1 ||
        (info.family == Family::rsa_pss && !use_pss(parameters)) ||
        EVP_DigestSign(context.get(), signature.data(), &size, bytes(input).data(), input.size()) !=
            1) {
        throw std::runtime_error("signing failed");
    }
    signature.resize(size);
    return signature;
}

} // namespace

Result<SigningKey> SigningKey::from_private(std::string kid, Algorithm algorithm, Pkey key) {
    EVP_PKEY_up_ref(key.get());
    const auto checked = Key::from_public(kid, algorithm, Pkey(key.get()));
    if (!checked) {
        return failure(checked.error());
    }
    return SigningKey(std::move(kid), algorithm, std::move(key), Secret());
}

Result<SigningKey> SigningKey::from_secret(std::string kid, Algorithm algorithm, Secret secret) {
    const auto checked = Key::from_secret(kid, algorithm, Secret(secret.view()));
    if (!checked) {
        return failure(checked.error());
    }
    return SigningKey(std::move(kid), algorithm, nullptr, std::move(secret));
}

Bytes SigningKey::sign(std::string_view input) const {
    const ErrorQueueGuard queue;
    const AlgorithmInfo& info = describe(algorithm_);
    if (info.family == Family::hmac) {
        return hmac(info, secret_, input);
    }
    Bytes signature = asymmetric(info, key_.get(), input);
    return info.family == Family::ecdsa ? ecdsa_raw(signature, info.field_bytes) : signature;
}

Key SigningKey::verification_key() const {
    if (!key_) {
        return *Key::from_secret(kid_, algorithm_, Secret(secret_.view()));
    }
    EVP_PKEY_up_ref(key_.get());
    return *Key::from_public(kid_, algorithm_, Pkey(key_.get()));
}

json::Value SigningKey::jwk() const {
    return key_ ? public_jwk(kid_, algorithm_, key_.get()) : nullptr;
}

bool SigningKey::is_same_key(const SigningKey& other) const noexcept {
    const ErrorQueueGuard queue;
    if (key_ && other.key_) {
        return EVP_PKEY_eq(key_.get(), other.key_.get()) == 1;
    }
    return !key_ && !other.key_ && equal_in_constant_time(secret_.view(), other.secret_.view());
}

std::string issue(const SigningKey& key, const json_t* payload, std::string_view type) {
    json::Object header;
    header.set("alg", describe(key.algorithm()).name).set("kid", key.kid()).set("typ", type);
    std::string token = base64url_encode(bytes(header.text()));
    token += '.';
    token += base64url_encode(bytes(json::compact(payload)));
    const Bytes signature = key.sign(token);
    token += '.';
    token += base64url_encode(signature);
    return token;
}

} // namespace sallyport::jwt
