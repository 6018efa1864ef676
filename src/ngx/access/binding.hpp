#pragma once

#include <optional>

#include "base/reason.hpp"
#include "ngx/access/policy.hpp"
#include "json/document.hpp"

namespace sallyport::ngx {

// Most tokens have no claim "cnf", and most locations do not require it.
inline bool needs_binding_check(const Policy& policy, const json::Element* confirmation) noexcept {
    return confirmation != nullptr || policy.binding == Binding::required;
}

// Whether the location accepts a token with this claim "cnf" (null: without one) from this client,
// who must prove to hold what the claim names. The client has proved to hold the private key of its
// TLS certificate when the connection was made, whether or not a CA vouches for the certificate.
std::optional<Reason> check_binding(ngx_http_request_t* r, const Policy& policy,
                                    const json::Element* confirmation);

} // namespace sallyport::ngx
