#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/token_store.hpp"
#include "store/redis_connection.hpp"

namespace sallyport::store {

// The key of a session. Its braces are the hash tag.
std::string session_key(const std::string& sid);

// The lists of the sessions of each subject in a Redis, and the steps that go through one. A list
// may contain sessions that have ended or moved to another tenant, so each session is asked. The
// connection must outlive it.
class RedisSubjects {
  public:
    explicit RedisSubjects(RedisConnection& redis);

    struct Entry {
        const std::string& sid;
        std::int64_t now;
        const std::string& tenant;
        const std::string& subject;
    };
    // Adds a session to its subject's list.
    void send_listing(const Entry& entry, std::int64_t ends_at, std::string_view deadline);
    void send_revocation(const auth::RevokeSession& step, std::string_view deadline);

    // Send, and receive all replies.
    auth::StoreOutcome revoke(const auth::RevokeSubject& step, std::string_view deadline);
    auth::StoreOutcome list(const auth::ListSessions& step, std::string_view deadline);

  private:
    using Sids = std::span<const std::string>;

    // Nothing if the list could not be read; then the outcome says why.
    std::optional<std::vector<std::string>>
    sids(const std::string& tenant, const std::string& subject, auth::StoreOutcome& outcome);
    void revoke_some(Sids sids, const auth::RevokeSubject& step, std::string_view deadline,
                     auth::StoreOutcome& outcome);
    void list_some(Sids sids, const auth::ListSessions& step, std::string_view deadline,
                   auth::StoreOutcome& outcome);

    RedisConnection& redis_;
    std::string listing_;
    std::string revoke_;
    std::string latest_;
};

} // namespace sallyport::store
