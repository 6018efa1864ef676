#pragma once

#include <optional>
#include <string_view>

#include "auth/credential.hpp"
#include "base/reason.hpp"
#include "base/result.hpp"
#include "ngx/access/policy.hpp"

namespace sallyport::ngx {

// The credential that the client presents, if any, of a method that is switched on. Two different
// ones are refused: we would judge one, and the application might believe the other. A token that
// is to be judged may have characters that none has (see TokenCheck). Borrowed from the request.
using RequestCredential = Result<std::optional<auth::Credential>, Reason>;
RequestCredential request_credential(ngx_http_request_t* r, const Policy& policy);

// The credential in the Authorization field, well-formed or not, whichever methods are on.
RequestCredential authorization_field(ngx_http_request_t* r);

} // namespace sallyport::ngx
