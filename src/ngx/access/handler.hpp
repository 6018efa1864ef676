#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The access phase: admits or refuses the request, or declines if no method is enabled.
ngx_int_t access_handler(ngx_http_request_t* r);

// The preaccess phase: refuses the request, or declines, so that the other handlers of the phase
// run. Decides in locations with "auth_jwt_phase preaccess".
ngx_int_t preaccess_handler(ngx_http_request_t* r);

// Before an answer is sent: decides about a subrequest that is answered before the preaccess phase,
// by `return`. If it is refused, its answer gets the status of the refusal and has no body.
void check_early_answer(ngx_http_request_t* r);

// The rewrite phase, before `return`. Subrequests have no access phase, so an authorization
// subrequest to a guarded location would admit everyone: it is refused, unless the preaccess phase
// decides. Undoes auth_forward_credential of the location before an internal redirect.
ngx_int_t subrequest_handler(ngx_http_request_t* r);

// The phase after the access phase: records that no check refused the request, before it can be
// redirected, checks auth_require where no decision has, and applies auth_forward_credential. Runs
// before the other handlers of that phase.
ngx_int_t admission_handler(ngx_http_request_t* r);

// The log phase, before the handlers that write: from now on variables name refused principals too.
ngx_int_t log_handler(ngx_http_request_t* r) noexcept;

} // namespace sallyport::ngx
