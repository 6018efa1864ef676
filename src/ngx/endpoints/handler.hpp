#pragma once

#include <string_view>

#include "ngx/access/endpoint_info.hpp"
#include "ngx/runtime/guard.hpp"

namespace sallyport::ngx {

// The endpoint for the arguments of auth_endpoint, separated by spaces; null if there is none.
const EndpointInfo* find_endpoint(std::string_view name) noexcept;

// The content handler of a location with auth_endpoint.
ngx_int_t answer_endpoint(ngx_http_request_t* r);
constexpr ngx_http_handler_pt endpoint_handler = request_callback<"endpoint", answer_endpoint>;

// The error for a location that has another content handler as well.
constexpr const char* has_rival =
    "shares its location with another content handler, such as proxy_pass or empty_gif";

} // namespace sallyport::ngx
