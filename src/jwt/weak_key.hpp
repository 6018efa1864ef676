#pragma once

#include <openssl/bn.h>

#include "base/secret.hpp"

namespace sallyport::jwt {

// Made by the library of CVE-2017-15361 (ROCA): its private key can be computed from the modulus.
// One modulus in 100 million of others looks like one.
bool is_roca_modulus(const BIGNUM* modulus) noexcept;

// A public key of Ed25519 or Ed448 (RFC 8032, 32 or 57 bytes) of order 8 or less: signatures that
// it accepts can be made without a private key. Encodings above the field's prime count too.
bool is_small_order(BytesView point) noexcept;

} // namespace sallyport::jwt
