#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "auth/token_store.hpp"
#include "check.hpp"
#include "store/memory_store.hpp"
#include "store/sqlite_store.hpp"
#include "store/store_address.hpp"

namespace sallyport::test {

using Kind = auth::StoreOutcome::Kind;

inline std::string_view name(Kind kind) {
    const std::string_view names[] = {"done",    "repeated", "reused", "revoked",
                                      "expired", "unknown",  "spent",  "failed"};
    return names[static_cast<std::size_t>(kind)];
}

inline bool same(const auth::StoreOutcome& one, const auth::StoreOutcome& other) {
    return one.kind == other.kind && one.session == other.session && one.token == other.token;
}

// Of one step; throws where it failed.
inline auth::StoreOutcome take(auth::TokenStore& store, const auth::StoreStep& step,
                               std::chrono::milliseconds patience = auth::store_patience) {
    auto outcomes = store.run({&step, 1}, auth::StoreClock::now() + patience);
    if (outcomes.size() != 1) {
        throw std::runtime_error("not one outcome");
    }
    return outcomes[0].kind != Kind::failed ? outcomes[0]
                                            : throw auth::StoreError(outcomes[0].error);
}

// A store's SQLite file, which is there.
inline store::StoreAddress sqlite_address(const std::string& path) {
    if (!store::create_sqlite_file(path)) {
        throw std::runtime_error("cannot be created");
    }
    store::StoreAddress address;
    address.kind = store::StoreAddress::Kind::sqlite;
    address.path = path;
    return address;
}

// Steps with what most tests do not care about filled in. Starts now, since Redis has a clock of
// its own.
struct Story {
    auth::TokenStore& store;
    std::int64_t now = std::time(nullptr);
    std::int64_t lifetime = 100;          // of tokens
    std::int64_t session_lifetime = 1000; // from its begin
    std::chrono::milliseconds patience = auth::store_patience;

    [[nodiscard]] auth::Session session(const std::string& sid) const {
        return {sid,
                "alice",
                "acme",
                {"reader", "writer"},
                now,
                now + session_lifetime,
                "client of " + sid};
    }
    [[nodiscard]] auth::RefreshToken token(const std::string& jti) const {
        return {jti, now, now + lifetime};
    }

    auth::StoreOutcome begin(const std::string& sid, const std::string& jti) {
        return take(store, auth::BeginSession{session(sid), token(jti)}, patience);
    }
    auth::StoreOutcome rotate(const std::string& sid, const std::string& jti,
                              const std::string& next, std::int64_t window = 0) {
        return take(store, auth::RotateToken{sid, jti, token(next), window}, patience);
    }
    auth::StoreOutcome revoke(const std::string& sid) {
        return take(store, auth::RevokeSession{sid, now}, patience);
    }
    auth::StoreOutcome revoke_subject(const std::string& subject, const std::string& tenant) {
        return take(store, auth::RevokeSubject{subject, tenant, now}, patience);
    }
    // By their IDs.
    std::map<std::string, auth::ListedSession> list(const std::string& subject,
                                                    const std::string& tenant) {
        std::map<std::string, auth::ListedSession> sessions;
        for (auto& session :
             take(store, auth::ListSessions{subject, tenant, now}, patience).sessions) {
            sessions[session.sid] = session;
        }
        return sessions;
    }
    auth::StoreOutcome find(const std::string& sid, const std::string& jti = "") {
        return take(store, auth::FindToken{sid, jti, now}, patience);
    }
    // Whether it came to its end.
    bool purge() {
        for (int i = 0; i < 1000; ++i) {
            if (take(store, auth::PurgeExpired{now}, patience).kind == Kind::done) {
                return true;
            }
        }
        return false;
    }
};

inline void expect(Checks& checks, const auth::StoreOutcome& outcome, Kind wanted,
                   std::string_view what, int line = __builtin_LINE()) {
    checks.equal(name(outcome.kind), name(wanted), what, line);
}

} // namespace sallyport::test
