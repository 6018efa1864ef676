#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Whether our directives are ours alone. nginx gives a directive to the first module that defines
// its name and says nothing, so that another module could take, for example, auth_jwt but leave us
// auth_role_map. Logs the directive and both modules.
bool owns_its_commands(ngx_conf_t* cf) noexcept;

} // namespace sallyport::ngx
