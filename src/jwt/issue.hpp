#pragma once

#include <string>
#include <string_view>

#include <jansson.h>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "jwt/algorithm.hpp"
#include "jwt/openssl.hpp"

namespace sallyport::jwt {

// A private key or secret bound to one algorithm.
class SigningKey {
  public:
    static Result<SigningKey> from_private(std::string kid, Algorithm algorithm, Pkey key);
    static Result<SigningKey> from_secret(std::string kid, Algorithm algorithm, Secret secret);

    [[nodiscard]] const std::string& kid() const noexcept { return kid_; }
    [[nodiscard]] Algorithm algorithm() const noexcept { return algorithm_; }
    // The octets of a JWS signature; throws when OpenSSL cannot sign.
    [[nodiscard]] Bytes sign(std::string_view input) const;

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
