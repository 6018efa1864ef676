#pragma once

#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

// For a level that has been merged: notes it if it explains refusals to loopback addresses.
void note_explaining(ngx_conf_t* cf, const LocConf& conf);

// After all of the configuration was read: warns of such levels that do not use the realip module,
// since behind a local proxy every client has a loopback address.
void check_explaining(ngx_cycle_t* cycle, const MainConf& conf);

} // namespace sallyport::ngx
