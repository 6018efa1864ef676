#pragma once

#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

// Adds what tokens are checked against. False if that is missing.
bool add_revocations(ngx_conf_t* cf, const LocConf& conf, Policy& policy);

// Notes for how long the tokens that the policy issues or accepts can be valid.
void note_lifetimes(ngx_conf_t* cf, const Policy& policy);

// After the whole http block was read: loads the file. False if it cannot be used.
bool load_revocations(ngx_conf_t* cf);

} // namespace sallyport::ngx
