#pragma once

#include <chrono>
#include <memory>

#include "auth/token_store.hpp"
#include "store/store_address.hpp"

namespace sallyport::store {

// Sessions on a Redis server that several machines share. Each step is one script on the key of its
// session, "sallyport:{sid}", which expires with the session's last token. All steps of a run are
// sent together. If the connection is lost, they are sent again on a new one: a step that was done
// already has the same outcome.
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
    // After a failure, requests fail at once until a pause, which grows, has passed.
    Clock::time_point try_after_{};
    Clock::duration pause_{};
};

} // namespace sallyport::store
