#pragma once

#include <memory>

#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

// Sets what a place issues or accepts; levels with the same slots share an issuer. False when the
// slots do not fit together, which is logged then.
bool add_tokens(ngx_conf_t* cf, const LocConf& conf, Policy& policy);

// Whether a location has all that its endpoint, or accepting tokens, needs. Logs what is missing.
bool check_endpoint(ngx_conf_t* cf, const LocConf& conf);

} // namespace sallyport::ngx
