#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The access phase: admits or refuses the request, or declines if no method is enabled.
ngx_int_t access_handler(ngx_http_request_t* r);

// The rewrite phase, before `return`. Subrequests have no access phase, so an authorization
// subrequest to a guarded location would admit everyone: it is refused. Undoes
// auth_forward_credential of the location before an internal redirect.
ngx_int_t subrequest_handler(ngx_http_request_t* r) noexcept;

// The phase after the access phase: records that no check refused the request, before it can be
// redirected, checks auth_require where no decision has, and applies auth_forward_credential. Runs
// before the other handlers of that phase.
ngx_int_t admission_handler(ngx_http_request_t* r);

// The log phase, before the handlers that write: from now on variables name refused principals too.
ngx_int_t log_handler(ngx_http_request_t* r) noexcept;

} // namespace sallyport::ngx
