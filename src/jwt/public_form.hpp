#pragma once

#include "base/secret.hpp"

namespace sallyport::jwt {

// Whether a secret is, or contains, a public key or certificate in a form in which they are
// published: PEM, DER (SubjectPublicKeyInfo, PKCS #1, X.509), JWK, OpenSSH, XML, an uncompressed
// EC point. Also behind a byte order mark, white space or comments, in UTF-16, and in up to three
// layers of base64 or hexadecimal. Everyone can compute an HMAC under such a "secret" (RFC 8725
// section 2.1). Bare numbers (an RSA modulus, an Ed25519 key, a compressed point) look like any
// random secret and are not recognized.
bool holds_public_form(BytesView secret);

} // namespace sallyport::jwt
