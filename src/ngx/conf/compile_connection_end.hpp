#pragma once

#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

// Some location ends connections.
void note_connection_end(ngx_conf_t* cf, const Policy& policy) noexcept;

// Logs where auth_connection_end has no effect, and returns false: in one location, and once
// everything was read in those of which only other modules know.
bool check_connection_end(ngx_conf_t* cf, const LocConf& conf);
bool check_unguarded_ends(ngx_cycle_t* cycle, const MainConf& conf);

} // namespace sallyport::ngx
