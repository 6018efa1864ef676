#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// auth_forward_credential off: upstreams and subrequests do not get the credential; bearer: they
// get a token that was used with a DPoP proof as a Bearer token.
//
// Upstream modules forward the list of header fields, so the request gets another list without the
// fields and cookies from which the location reads credentials, from which locations before an
// internal redirect read them (unless this one says "on"), and in a subrequest also that of the
// main request. Variables such as $http_authorization keep their values. Called before the content
// phase.
void withhold_credential(ngx_http_request_t* r);

// Restores the list, for the location of an internal redirect.
void restore_fields(ngx_http_request_t* r) noexcept;

} // namespace sallyport::ngx
