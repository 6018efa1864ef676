#pragma once

#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

// Reads the names of requirements and variables in the notation of auth_jwt_allow_nested, where it
// is in force. False if a name is not valid in it.
bool add_nested_names(ngx_conf_t* cf, const LocConf& conf, Policy& policy);

} // namespace sallyport::ngx
