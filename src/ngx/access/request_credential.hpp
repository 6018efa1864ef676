#pragma once

#include <optional>
#include <string_view>

#include "auth/credential.hpp"
#include "base/reason.hpp"
#include "base/result.hpp"
#include "ngx/access/policy.hpp"

namespace sallyport::ngx {

// The credential that the client presents, if any, for an enabled method. Two different credentials
// are refused: we would check one, and the application might trust the other. The characters of a
// token are checked later (see TokenCheck). Borrowed from the request.
using RequestCredential = Result<std::optional<auth::Credential>, Reason>;
RequestCredential request_credential(ngx_http_request_t* r, const Policy& policy);

// The credential in the Authorization field, well-formed or not, for any method.
RequestCredential authorization_field(ngx_http_request_t* r);

} // namespace sallyport::ngx
