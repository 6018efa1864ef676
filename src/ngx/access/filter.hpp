#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Puts our filters into nginx's chains. They write problem details as the body of a refusal where
// auth_error_body asks for it, and take back a challenge where "satisfy any" let the request in
// by another way.
void init_filters() noexcept;

} // namespace sallyport::ngx
