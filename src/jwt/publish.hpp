#pragma once

#include <string>

#include "jwt/algorithm.hpp"
#include "jwt/openssl.hpp"
#include "json/jansson.hpp"

namespace sallyport::jwt {

// The public half of a key pair as a JWK (RFC 7517 section 4; parameters of RFC 7518 section 6 and
// RFC 8037) with "kid", "alg" and "use": "sig".
json::Value public_jwk(const std::string& kid, Algorithm algorithm, EVP_PKEY* key);

} // namespace sallyport::jwt
