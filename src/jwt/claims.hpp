#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <jansson.h>

#include "base/reason.hpp"
#include "base/result.hpp"
#include "jwt/verify.hpp"

namespace sallyport::jwt {

// Where in a JSON object a value stands: one name a level.
class ClaimPath {
  public:
    // From configuration text: the whole text as the name of one member is tried first (many
    // claims are named by a URL), then the text split at its dots.
    static Result<ClaimPath> parse(std::string_view dotted);
    // From one name a level; dots in names mean nothing.
    static ClaimPath of_names(std::vector<std::string> names);

    // Null where there is none.
    [[nodiscard]] const json_t* find(const json_t* object) const;

  private:
    std::string whole_; // empty for of_names
    std::vector<std::string> names_;
};

// A claim as text for a variable: a string as it is, an array as the comma-separated list of its
// elements, an object as JSON, null and absent as the empty text. Empty as well when the text
// would hold a control character.
std::string claim_text(const json_t* value);

struct ClaimRules {
    std::vector<std::string> issuers;   // empty: any
    std::vector<std::string> audiences; // empty: any
    std::int64_t leeway = 0;            // seconds
    bool require_exp = false;
};

// Judges exp, nbf, iss and aud (RFC 7519 section 4.1), their shapes even where any value will do;
// `now` in seconds since the epoch.
std::optional<Reason> check_claims(const VerifiedToken& token, const ClaimRules& rules,
                                   std::int64_t now);

} // namespace sallyport::jwt
