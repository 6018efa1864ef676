#pragma once

#include <string>
#include <string_view>

#include <jansson.h>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "jwt/algorithm.hpp"
#include "jwt/key.hpp"
#include "jwt/openssl.hpp"
#include "json/jansson.hpp"

namespace sallyport::jwt {

// A private key or secret bound to one algorithm.
class SigningKey {
  public:
    static Result<SigningKey> from_private(std::string kid, Algorithm algorithm, Pkey key);
    static Result<SigningKey> from_secret(std::string kid, Algorithm algorithm, Secret secret);

    [[nodiscard]] const std::string& kid() const noexcept { return kid_; }
    [[nodiscard]] Algorithm algorithm() const noexcept { return algorithm_; }
    // The bytes of a JWS signature. Throws if OpenSSL cannot sign. Any number of threads.
    [[nodiscard]] Bytes sign(std::string_view input) const;

    // The key that verifies its signatures.
    [[nodiscard]] Key verification_key() const;
    // The public half as a JWK; null for a secret.
    [[nodiscard]] json::Value jwk() const;
    // The same key material, whatever kid and algorithm.
    [[nodiscard]] bool is_same_key(const SigningKey& other) const noexcept;

  private:
    SigningKey(std::string kid, Algorithm algorithm, Pkey key, Secret secret)
        : kid_(std::move(kid)),
          algorithm_(algorithm),
          key_(std::move(key)),
          secret_(std::move(secret)) {}

    std::string kid_;
    Algorithm algorithm_;
    Pkey key_;
    Secret secret_;
};

// A compact serialisation (RFC 7515 section 3.1) with "alg", "kid" and "typ" in its header.
std::string issue(const SigningKey& key, const json_t* payload, std::string_view type = "JWT");

} // namespace sallyport::jwt
