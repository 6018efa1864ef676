#pragma once

#include <chrono>
#include <memory>

#include "auth/token_store.hpp"
#include "store/store_address.hpp"

namespace sallyport::store {

// A Redis server that many machines share. Each step is one script on the one key of its session,
// "sallyport:{sid}", which goes when its last token has expired. All steps of a run are sent
// together. Where the connection is lost on the way they are sent again, on a new one: a step that
// was done already has the same outcome again.
class RedisStore : public auth::TokenStore {
  public:
    explicit RedisStore(StoreAddress address);
    ~RedisStore() override;

  private:
    std::vector<auth::StoreOutcome> do_run(std::span<const auth::StoreStep> steps,
                                           auth::StoreClock::time_point deadline) override;

    class Connection;
    using Clock = auth::StoreClock;

    void connect();

    StoreAddress address_;
    std::unique_ptr<Connection> connection_;
    // After a failure nobody waits for another one: it is tried again after a pause that grows.
    Clock::time_point try_after_{};
    Clock::duration pause_{};
};

} // namespace sallyport::store
