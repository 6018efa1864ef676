#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/reason.hpp"
#include "jwt/verify.hpp"
#include "json/document.hpp"

namespace sallyport::jwt {

// A claim as text for a variable: a string as it is, an array as the comma-separated list of its
// elements, an object as JSON, null and absent as the empty text. Empty as well when the text
// would hold a control character.
std::string claim_text(const json::Element* value);

// The names that will do; none: any.
using Names = std::vector<std::string>;

struct TimeRules {
    std::int64_t leeway = 0; // seconds
    bool require_exp = false;
    bool validate_exp = true; // false: a token never expires
};

// exp, nbf, iss and aud (RFC 7519 section 4.1), in this order. Their shapes are judged even where
// any value will do. `now` in seconds since the epoch.
std::optional<Reason> check_claims(const VerifiedToken& token, const TimeRules& times,
                                   const Names& issuers, const Names& audiences, std::int64_t now);

} // namespace sallyport::jwt
