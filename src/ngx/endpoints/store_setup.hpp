#pragma once

#include <memory>
#include <optional>

#include "ngx/endpoints/store_queue.hpp"
#include "ngx/runtime/origin.hpp"
#include "store/store_address.hpp"

namespace sallyport::ngx {

// auth_token_store.
struct StoreSetup {
    std::optional<store::StoreAddress> address; // none: no store
    Origin origin;
};

// Whether the store is consistent with the rest of the configuration, all of which has been read.
bool check_store(ngx_cycle_t* cycle, const StoreSetup& setup);

// In the master: creates the store's file with the rights of the workers' user. A failure is
// logged; the workers answer 503 until its cause is removed. Never opens the database, because
// that can block.
void prepare_store(ngx_cycle_t* cycle, const StoreSetup& setup);

// Creates a worker's queue to the store. Null without a store.
std::shared_ptr<StoreQueue> open_store(const StoreSetup& setup);

} // namespace sallyport::ngx
