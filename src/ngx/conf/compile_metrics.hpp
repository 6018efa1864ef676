#pragma once

#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

// The label of the requests of a location.
std::size_t metrics_label(ngx_conf_t* cf, const LocConf& conf);

// After the whole configuration was read: whether there is a zone if metrics directives need one,
// and whether it is large enough.
bool check_metrics(ngx_cycle_t* cycle, const MainConf& conf);

} // namespace sallyport::ngx
