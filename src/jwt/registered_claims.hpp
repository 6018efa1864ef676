#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "json/document.hpp"

namespace sallyport::jwt {

// The claims exp, nbf, iss, aud (RFC 7519 section 4.1) and cnf, read once for all requests with the
// token. Null means absent, except for exp, where that would make the token valid forever. Borrowed
// from the payload.
struct RegisteredClaims {
    static RegisteredClaims of(const json::Element* payload);

    // Seconds since the epoch, and fractions of them (NumericDate, RFC 7519 section 2).
    std::optional<double> expiry;
    std::optional<double> not_before;
    std::optional<std::string_view> issuer;
    std::vector<std::string_view> audiences;
    bool times_well_formed = true;
    bool issuer_well_formed = true;
    bool audiences_well_formed = true;
    // "cnf" (RFC 7800), with any value: see Confirmation. Null if absent.
    const json::Element* confirmation = nullptr;
};

} // namespace sallyport::jwt
