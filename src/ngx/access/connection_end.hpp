#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// auth_connection_end, once the header of an answer was sent: if the answer may last long, its
// connection ends when the first of the credentials expires or is revoked that have admitted the
// request. That costs the connection one timer, and other requests nothing.
//
// A credential has admitted the request if the access or preaccess phase has accepted it: in this
// location, in one before an internal redirect, or in a subrequest of auth_request.
void end_with_credential(ngx_http_request_t* r);

} // namespace sallyport::ngx
