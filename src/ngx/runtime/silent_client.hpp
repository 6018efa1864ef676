#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Creates a main request without a client, on its own connection, for subrequests to run under. It
// has no header fields. Null when connections or descriptors are exhausted.
ngx_http_request_t* make_silent_request(ngx_http_conf_ctx_t* server);

// Ends such a request after its subrequest has answered. Background work, such as a cache update,
// runs to its end.
void finish_silent_request(ngx_http_request_t* r) noexcept;

// Aborts such a request with its subrequests and its connection, when the posted requests of the
// connection run next.
void end_silent_request(ngx_http_request_t* r) noexcept;

} // namespace sallyport::ngx
