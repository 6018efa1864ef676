#pragma once

#include <cstddef>

#include "base/secret.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The size of the request body that nginx has read, in bytes.
std::size_t body_size(const ngx_http_request_t* r) noexcept;

// Wipes the parts of the body that are in memory.
void wipe_body(ngx_http_request_t* r) noexcept;

// Copies the request body from nginx's buffers, which are wiped, or from its temporary file. Throws
// when that file cannot be read.
Secret take_body(ngx_http_request_t* r);

} // namespace sallyport::ngx
