#pragma once

#include <string_view>

#include "ngx/access/policy.hpp"

namespace sallyport::ngx {

// Cross-origin requests to endpoints (auth_endpoint_cors; the CORS protocol of the Fetch standard).

// Whether this is the request that a browser sends, without a credential, before a request of a
// page of a listed origin.
bool is_preflight(ngx_http_request_t* r, const Policy& policy) noexcept;

// Adds the fields of the answer. `methods` is a comma-separated list.
void answer_preflight(ngx_http_request_t* r, const Policy& policy, std::string_view methods);

// Lets pages of listed origins read an answer of an endpoint, and those of any origin the metadata
// of resources.
void add_cors_fields(ngx_http_request_t* r, const Policy& policy);

} // namespace sallyport::ngx
