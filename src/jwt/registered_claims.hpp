#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "json/document.hpp"

namespace sallyport::jwt {

// What a payload says for exp, nbf, iss, aud (RFC 7519 section 4.1) and cnf, read once for all
// requests that bring the token. A null is absent, except for exp, where it would make a token
// immortal. Borrowed from the payload.
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
    // Has "cnf" (RFC 7800), of whatever value: worth nothing without its holder's proof.
    bool is_bound = false;
};

} // namespace sallyport::jwt
