#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "auth/token_store.hpp"
#include "base/digest.hpp"
#include "store/store_address.hpp"

namespace sallyport::store {

class RedisConnection;

// Remembers which DPoP proofs were used (RFC 9449 section 11.1), for all machines with the same
// Redis. Connects on first use. One thread at a time.
class RedisProofs {
  public:
    struct Use {
        Digest proof;              // identifies it
        std::chrono::seconds keep; // how long it must be remembered; positive
    };

    explicit RedisProofs(StoreAddress address);
    RedisProofs(const RedisProofs&) = delete;
    RedisProofs& operator=(const RedisProofs&) = delete;
    ~RedisProofs();

    // Whether each proof was not used before, in one atomic step for each. Throws StoreError if
    // that is not known; the proofs may be used then.
    std::vector<bool> use(std::span<const Use> uses, auth::StoreClock::time_point deadline);

  private:
    void connect();
    void attempt(std::span<const Use> uses, std::vector<std::optional<bool>>& firsts, bool again);

    StoreAddress address_;
    std::unique_ptr<RedisConnection> connection_;
    auth::StoreClock::time_point try_after_{}; // after a failed attempt to connect
    std::string owner_;                        // of the uses of one call
};

} // namespace sallyport::store
