#pragma once

#include <optional>

#include <jansson.h>

#include "base/result.hpp"
#include "jwt/key.hpp"

namespace sallyport::jwt {

// A verification key from one JWK (RFC 7517 section 4; parameters of RFC 7518 section 6, RFC 8037,
// RFC 8812). Nothing for a key that is not for verifying signatures or of a type that we do not
// know, which RFC 7517 section 5 asks to skip. An error for one that is broken or private.
Result<std::optional<Key>> key_from_jwk(const json_t* jwk);

} // namespace sallyport::jwt
