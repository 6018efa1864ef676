#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// A main request that no client has sent and none waits for, on a connection of its own, to hang
// subrequests on. It has no header fields. Null where nginx or the system has no room for it.
ngx_http_request_t* make_silent_request(ngx_http_conf_ctx_t* server);

// Ends such a request whose subrequest was answered. What goes on in the background, such as an
// update of a cache, is left to its end.
void finish_silent_request(ngx_http_request_t* r) noexcept;

// Ends such a request, whatever it is doing, with its subrequests and its connection: as soon as
// the posted requests of its connection run.
void end_silent_request(ngx_http_request_t* r) noexcept;

} // namespace sallyport::ngx
