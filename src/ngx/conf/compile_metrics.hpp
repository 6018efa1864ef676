#pragma once

#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

// What the requests of a location are counted under.
std::size_t metrics_label(ngx_conf_t* cf, const LocConf& conf);

// When all of the configuration was read: whether there is a zone for what is said of metrics, and
// it is large enough.
bool check_metrics(ngx_cycle_t* cycle, const MainConf& conf);

} // namespace sallyport::ngx
