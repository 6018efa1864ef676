#pragma once

#include "ngx/conf.hpp"

namespace sallyport::ngx {

// In the master: makes the store's file, as the workers' user. False, and logged, when the store
// cannot be used by the workers.
bool prepare_store(ngx_cycle_t* cycle, const MainConf& conf);

// In a worker: what its requests ask the store with.
void open_store(MainConf& conf);

} // namespace sallyport::ngx
