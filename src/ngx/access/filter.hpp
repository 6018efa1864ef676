#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Installs our filters. They write problem details (RFC 9457) as the body of a refusal if
// auth_error_body says so, and remove the challenge if "satisfy any" admitted the request
// otherwise.
void init_filters() noexcept;

} // namespace sallyport::ngx
