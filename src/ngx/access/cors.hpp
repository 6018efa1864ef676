#pragma once

#include <string_view>

#include "ngx/access/policy.hpp"

namespace sallyport::ngx {

// Cross-origin requests to endpoints (auth_endpoint_cors; the CORS protocol of the Fetch standard).

// An origin as browsers send it: a scheme, a host in lower case and a port that is not the default.
bool is_origin(std::string_view text) noexcept;

// A browser asks whether a page of an origin that is listed may send a request. It carries no
// credential.
bool is_preflight(ngx_http_request_t* r, const Policy& policy) noexcept;

// What is allowed; `methods` is a list.
void answer_preflight(ngx_http_request_t* r, const Policy& policy, std::string_view methods);

// For every answer of an endpoint: a page of a listed origin may read it.
void add_cors_fields(ngx_http_request_t* r, const Policy& policy);

} // namespace sallyport::ngx
