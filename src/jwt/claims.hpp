#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/reason.hpp"
#include "jwt/verify.hpp"
#include "json/document.hpp"

namespace sallyport::jwt {

// A claim as text for a variable: a string unchanged, an array as the comma-separated list of its
// elements, an object as JSON. Empty if the claim is null or absent, or if the text would contain a
// control character.
std::string claim_text(const json::Element* value);

// The accepted names. Nothing: any name is accepted.
using Names = std::vector<std::string>;

struct TimeRules {
    std::int64_t leeway = 0; // seconds
    bool require_exp = false;
    bool validate_exp = true; // false: a token never expires
};

// Checks exp, nbf, iss and aud (RFC 7519 section 4.1), in this order. Their types are checked even
// if any value is accepted. `now` is in seconds since the epoch.
std::optional<Reason> check_claims(const VerifiedToken& token, const TimeRules& times,
                                   const Names& issuers, const Names& audiences, std::int64_t now);

} // namespace sallyport::jwt
