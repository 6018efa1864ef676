#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "jwt/issue.hpp"
#include "jwt/key.hpp"

namespace sallyport::jwt {

// A source is "env:NAME", "base64url:...", "hex:..." or, without one of these prefixes, a file.
bool is_file_source(std::string_view source) noexcept;

// Loads the key that a configuration names. For HMAC the source's octets are the secret; printable
// text from a file or the environment loses one line break at its end. Otherwise a file or the
// environment holds a PEM public key or certificate. Reads files, so a relative path is relative
// to the working directory. The error is one sentence that never holds key material.
Result<Key> key_from_source(std::string kid, Algorithm algorithm, std::string_view source);

// The same for a key that signs: PEM is an unencrypted private key, and a weak key is an error.
Result<SigningKey> signing_key_from_source(std::string kid, Algorithm algorithm,
                                           std::string_view source);

// The octets of a secret that is no key, such as a password: as for HMAC.
Result<Secret> secret_from_source(std::string_view source);

} // namespace sallyport::jwt
