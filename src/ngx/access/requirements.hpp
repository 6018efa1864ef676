#pragma once

#include <optional>

#include "auth/token_principal.hpp"
#include "ngx/access/policy.hpp"

namespace sallyport::ngx {

// The first requirement of a location that a request does not meet; null if it meets all.
// `token` is null where another credential, or none, was presented: it has no claims then.
// `principal`, of the token, remembers the constant requirements that the token meets.
const Unmet* unmet_requirement(ngx_http_request_t* r, const Requirements& requirements,
                               const jwt::VerifiedToken* token,
                               const auth::TokenPrincipal* principal);

// Those that need no token: auth_require.
const Unmet* unmet_requirement_of_request(ngx_http_request_t* r, const Requirements& requirements);

} // namespace sallyport::ngx
