#pragma once

#include <openssl/bn.h>

#include "base/secret.hpp"

namespace sallyport::jwt {

// A modulus from the library of CVE-2017-15361 (ROCA), from which the private key can be computed.
// One in 100 million other moduli is reported by mistake.
bool is_roca_modulus(const BIGNUM* modulus) noexcept;

// A public key of Ed25519 or Ed448 (RFC 8032, 32 or 57 bytes) of order 8 or less: signatures that
// it accepts can be made without a private key. Encodings above the field's prime count too.
bool is_small_order(BytesView point) noexcept;

} // namespace sallyport::jwt
