#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "jwt/issue.hpp"
#include "jwt/key.hpp"

namespace sallyport::jwt {

// Loads the key that a configuration names (see base/secret_source.hpp). For HMAC the source is the
// secret; otherwise it is a file or environment variable with a PEM public key or certificate.
// The error is one sentence that never holds key material.
Result<Key> key_from_source(std::string kid, Algorithm algorithm, std::string_view source);

// The same for a key that signs: PEM is an unencrypted private key, and a weak key is an error.
Result<SigningKey> signing_key_from_source(std::string kid, Algorithm algorithm,
                                           std::string_view source);

} // namespace sallyport::jwt
