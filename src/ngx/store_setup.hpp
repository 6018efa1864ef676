#pragma once

#include "ngx/conf.hpp"

namespace sallyport::ngx {

// When all of the configuration was read: whether the store fits the rest of it.
bool check_store(ngx_cycle_t* cycle, const MainConf& conf);

// In the master: creates the store's file with the rights of the workers' user. A failure is
// logged; the workers answer 503 until the cause is removed. Never opens the database, which can
// block.
void prepare_store(ngx_cycle_t* cycle, const MainConf& conf);

// In a worker: what its requests ask the store with.
void open_store(MainConf& conf);

} // namespace sallyport::ngx
