#pragma once

#include "ngx/decision.hpp"

namespace sallyport::ngx {

// Logs the refusal, adds its challenges to the answer and returns its status. Where refusals are
// only observed, it is logged and the request declined.
ngx_int_t refuse(ngx_http_request_t* r, Decision& decision);

// Takes the challenges out of an answer that has not been sent.
void withdraw_challenges(Decision& decision) noexcept;

} // namespace sallyport::ngx
