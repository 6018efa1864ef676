#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/reason.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The response of an endpoint.
struct EndpointAnswer {
    ngx_uint_t status = NGX_HTTP_OK;
    std::string body{};
    std::string_view type = "application/json"; // static text
    std::string_view cache_control{};           // empty: no-store
    std::string_view allow{};
    std::vector<std::string> challenges{};
};

// The problem details of a refusal (RFC 9457), with the explanation if the client is to get one.
// `status` 0: the reason's.
EndpointAnswer problem(ngx_http_request_t* r, Reason reason,
                       std::vector<std::string> challenges = {}, int status = 0);

// Sends it. Returns what the request is finalized with.
ngx_int_t send_answer(ngx_http_request_t* r, const EndpointAnswer& answer);

} // namespace sallyport::ngx
