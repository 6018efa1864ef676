#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/token_store.hpp"
#include "store/redis_connection.hpp"

namespace sallyport::store {

// The steps about revocations on a connection to Redis, which must outlive it. Each step is one
// script on a few keys, which a cluster keeps on one node. If one of the keys was lost, a new epoch
// begins, and if Redis was restarted or another server has taken over, because it may have lost the
// last changes.
class RedisRevocations {
  public:
    explicit RedisRevocations(RedisConnection& redis);

    void send(const auth::AddRevocations& step, std::string_view deadline);
    void send(const auth::RemoveRevocation& step, std::string_view deadline);
    void send(const auth::ReadRevocations& step, std::string_view deadline);

  private:
    void call(std::string_view script, std::int64_t now, const std::vector<std::string>& arguments,
              std::string_view deadline);
    std::string read_server_id();

    RedisConnection& redis_;
    std::string add_;
    std::string remove_;
    std::string read_;
    std::string server_; // empty if Redis does not tell
};

} // namespace sallyport::store
