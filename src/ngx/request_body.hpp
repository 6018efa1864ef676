#pragma once

#include "base/secret.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Takes the body that nginx has read for a request, from memory, where it is wiped, or from a
// file. Throws when it cannot be read.
Secret take_body(ngx_http_request_t* r);

} // namespace sallyport::ngx
