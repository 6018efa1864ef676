#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The access phase: admits, refuses, or leaves the request alone where nothing is switched on.
ngx_int_t access_handler(ngx_http_request_t* r) noexcept;

} // namespace sallyport::ngx
