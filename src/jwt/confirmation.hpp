#pragma once

#include <optional>

#include "base/digest.hpp"
#include "json/document.hpp"

namespace sallyport::jwt {

// The claim "cnf" (RFC 7800): what the holder of a token must prove to possess. Has one member at
// least.
struct Confirmation {
    // Nothing if the claim has a member that is malformed or unknown, or none at all: the binding
    // of such a token cannot be verified.
    static std::optional<Confirmation> of(const json::Element* cnf);

    // "x5t#S256": the thumbprint of the holder's TLS client certificate (RFC 8705 section 3.1).
    std::optional<Digest> certificate;
    // "jkt": the thumbprint of the key of the holder's DPoP proofs (RFC 9449 section 6.1).
    std::optional<Digest> key;
};

} // namespace sallyport::jwt
