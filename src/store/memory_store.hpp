#pragma once

#include <map>
#include <optional>
#include <string>

#include "auth/token_store.hpp"
#include "base/digest.hpp"
#include "base/random.hpp"

namespace sallyport::store {

// Keeps sessions and revocations in memory, until the process ends. For tests.
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
        std::int64_t last_used_at = 0; // when its last token was issued
        std::int64_t expires_at = 0;   // of that token
        bool revoked = false;
        std::map<std::string, Token, std::less<>> tokens;
    };

    auth::StoreOutcome take(const auth::BeginSession& step);
    auth::StoreOutcome take(const auth::RotateToken& step);
    auth::StoreOutcome take(const auth::RevokeSession& step);
    auth::StoreOutcome take(const auth::RevokeSubject& step);
    auth::StoreOutcome take(const auth::FindToken& step);
    auth::StoreOutcome take(const auth::ListSessions& step);
    auth::StoreOutcome take(const auth::PurgeExpired& step);
    auth::StoreOutcome take(const auth::AddRevocations& step);
    auth::StoreOutcome take(const auth::RemoveRevocation& step);
    auth::StoreOutcome take(const auth::ReadRevocations& step);

    std::optional<auth::KnownRevocation> revocation(const Digest& key) const;
    void keep(const auth::KnownRevocation& revocation);

    std::map<std::string, Kept, std::less<>> sessions_;
    const std::string epoch_ = random_id();
    std::int64_t version_ = 0;
    std::map<std::int64_t, auth::KnownRevocation> revocations_; // by their versions
    std::map<Digest, std::int64_t> versions_;                   // by the keys of revocations
};

} // namespace sallyport::store
