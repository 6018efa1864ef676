#pragma once

#include <string>

#include <jansson.h>

#include "base/result.hpp"
#include "jwt/key.hpp"

namespace sallyport::jwt {

// Why a JWK gives no key: one that is broken or private, or one that is not for verifying
// signatures or of a kind that we do not know, which RFC 7517 section 5 asks to skip.
struct LeftOut {
    std::string why;
    bool broken;
};

// A verification key from one JWK (RFC 7517 section 4; parameters of RFC 7518 section 6, RFC 8037,
// RFC 8812). An optional member that is null counts as absent.
Result<Key, LeftOut> key_from_jwk(const json_t* jwk);

} // namespace sallyport::jwt
