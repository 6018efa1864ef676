#pragma once

#include <string>
#include <string_view>

#include "base/reason.hpp"
#include "base/result.hpp"
#include "ngx/access/policy.hpp"
#include "json/jansson.hpp"

namespace sallyport::ngx {

// The claim that auth_token_claim makes of a text; null if it cannot be a claim.
json::Value claim_value(std::string_view text, bool is_json);

// Evaluates auth_token_claim: a JSON object of claims, or empty text where there are none. Refused
// when a value is not a claim.
Result<std::string, Reason> token_claims(ngx_http_request_t* r, const Policy& policy);

} // namespace sallyport::ngx
