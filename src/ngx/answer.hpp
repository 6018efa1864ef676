#pragma once

#include "ngx/decision.hpp"

namespace sallyport::ngx {

// Logs the refusal, adds its challenge to the answer and returns its status.
ngx_int_t refuse(ngx_http_request_t* r, Decision& decision);

} // namespace sallyport::ngx
