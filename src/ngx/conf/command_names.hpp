#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Whether no other module defines one of our directives. nginx silently gives a directive to the
// first module that defines its name, so another module could receive auth_jwt, for example, while
// we receive auth_role_map. Logs the directive and both modules.
bool owns_its_commands(ngx_conf_t* cf) noexcept;

} // namespace sallyport::ngx
