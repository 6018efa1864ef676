#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The access phase: admits, refuses, or leaves the request alone where nothing is switched on.
ngx_int_t access_handler(ngx_http_request_t* r);

// The rewrite phase, ahead of `return`: a subrequest has no access phase. Refuses one that is to
// judge a request which has not been admitted yet, in a location that would judge it only then.
ngx_int_t subrequest_handler(ngx_http_request_t* r) noexcept;

// The phase behind the access phase: notes that no check refused the request, before it can be
// redirected. Runs ahead of the other handlers of that phase.
ngx_int_t admission_handler(ngx_http_request_t* r);

// The log phase, ahead of the handlers that write: from now on variables name refused principals.
ngx_int_t log_handler(ngx_http_request_t* r) noexcept;

} // namespace sallyport::ngx
