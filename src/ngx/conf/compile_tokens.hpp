#pragma once

#include <memory>

#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

// Adds what a level issues or accepts. Levels with the same slots share an issuer. False if the
// slots contradict each other, which is logged.
bool add_tokens(ngx_conf_t* cf, const LocConf& conf, Policy& policy);

// Whether a location has everything that its endpoint, or accepting tokens, requires. Logs what is
// missing.
bool check_endpoint(ngx_conf_t* cf, const LocConf& conf);

} // namespace sallyport::ngx
