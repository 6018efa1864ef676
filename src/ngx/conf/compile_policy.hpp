#pragma once

#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

// Creates the policy of a level from its merged slots. Null if a source cannot be used, which is
// logged.
const Policy* compile_policy(ngx_conf_t* cf, const LocConf& conf);

// Whether the slots of a location are consistent, after its policy was created. Logs errors.
bool check_location(ngx_conf_t* cf, const LocConf& conf);

} // namespace sallyport::ngx
