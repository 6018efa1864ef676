#pragma once

#include <string_view>

#include "ngx/access/policy.hpp"

namespace sallyport::ngx {

// Cross-origin requests to endpoints (auth_endpoint_cors; the CORS protocol of the Fetch standard).

// An origin as browsers send it: a scheme, a host in lower case and a port that is not the default.
bool is_origin(std::string_view text) noexcept;

// Whether this is the request that a browser sends, without a credential, before a request of a
// page of a listed origin.
bool is_preflight(ngx_http_request_t* r, const Policy& policy) noexcept;

// Adds the fields of the answer. `methods` is a comma-separated list.
void answer_preflight(ngx_http_request_t* r, const Policy& policy, std::string_view methods);

// Lets pages of listed origins read an answer of an endpoint.
void add_cors_fields(ngx_http_request_t* r, const Policy& policy);

} // namespace sallyport::ngx
