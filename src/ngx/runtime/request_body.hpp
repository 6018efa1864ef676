#pragma once

#include <cstddef>

#include "base/secret.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// How large the body is that nginx has read for a request.
std::size_t body_size(const ngx_http_request_t* r) noexcept;

// Wipes what memory holds of it.
void wipe_body(ngx_http_request_t* r) noexcept;

// Takes the body that nginx has read for a request, from memory, where it is wiped, or from a
// file. Throws when it cannot be read.
Secret take_body(ngx_http_request_t* r);

} // namespace sallyport::ngx
