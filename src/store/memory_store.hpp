#pragma once

#include <map>
#include <optional>

#include "auth/token_store.hpp"

namespace sallyport::store {

// Keeps sessions in memory, until the process ends. For tests.
class MemoryStore : public auth::TokenStore {
  private:
    std::vector<auth::StoreOutcome> do_run(std::span<const auth::StoreStep> steps,
                                           auth::StoreClock::time_point deadline) override;

    struct Token {
        auth::RefreshToken token;
        std::int64_t used_at = 0;
        std::string replaced_by;
    };
    struct Kept {
        auth::Session session;
        std::int64_t expires_at = 0; // of its last token
        bool revoked = false;
        std::map<std::string, Token, std::less<>> tokens;
    };

    auth::StoreOutcome take(const auth::BeginSession& step);
    auth::StoreOutcome take(const auth::RotateToken& step);
    auth::StoreOutcome take(const auth::RevokeSession& step);
    auth::StoreOutcome take(const auth::RevokeSubject& step);
    auth::StoreOutcome take(const auth::FindToken& step);
    auth::StoreOutcome take(const auth::PurgeExpired& step);

    std::map<std::string, Kept, std::less<>> sessions_;
};

} // namespace sallyport::store
