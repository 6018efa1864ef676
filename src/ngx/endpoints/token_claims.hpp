#pragma once

#include <string>
#include <string_view>

#include "base/reason.hpp"
#include "base/result.hpp"
#include "ngx/access/policy.hpp"
#include "json/jansson.hpp"

namespace sallyport::ngx {

// Converts a text for auth_token_claim; null if it cannot be a claim.
json::Value claim_value(std::string_view text, bool is_json);

// Evaluates auth_token_claim to a JSON object of claims; empty text if there are none. Refused if a
// value cannot be a claim.
Result<std::string, Reason> token_claims(ngx_http_request_t* r, const Policy& policy);

} // namespace sallyport::ngx
