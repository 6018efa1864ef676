#pragma once

#include <optional>
#include <string_view>

#include "base/digest.hpp"
#include "jwt/openssl.hpp"

namespace sallyport::jwt {

// The SHA-256 digest of a certificate's DER encoding, as in "x5t#S256" (RFC 8705 section 3.1).
Digest thumbprint(const X509& certificate);

// That of the first certificate of a PEM text (RFC 7468), or of a certificate as a proxy in front
// of us sends it (RFC 9440: base64 of the DER encoding between colons). Nothing if the text is
// neither, or longer than 16 KiB.
std::optional<Digest> thumbprint(std::string_view text);

} // namespace sallyport::jwt
