#pragma once

#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

// Makes the rules of a place from its merged slots. Null when a source cannot be used, which is
// logged then.
const Policy* compile_policy(ngx_conf_t* cf, const LocConf& conf);

// Whether the slots of a location make sense together, its policy made. Logs what does not.
bool check_location(ngx_conf_t* cf, const LocConf& conf);

} // namespace sallyport::ngx
