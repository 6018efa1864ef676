#pragma once

#include <string_view>

#include "base/result.hpp"
#include "jwt/openssl.hpp"

namespace sallyport::jwt {

bool looks_like_pem(std::string_view text) noexcept;

// The public key of a SubjectPublicKeyInfo ("PUBLIC KEY") or of the first X.509 certificate
// (RFC 7468). A text that holds a private key anywhere is an error: it does not belong where
// public keys are read from.
Result<Pkey> public_key_from_pem(std::string_view text);

// An unencrypted private key, for signing.
Result<Pkey> private_key_from_pem(std::string_view text);

} // namespace sallyport::jwt
