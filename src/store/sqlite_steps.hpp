#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auth/token_store.hpp"
#include "store/sqlite.hpp"
#include "store/sqlite_revocations.hpp"

namespace sallyport::store {

// Runs the steps of a store on an open database that has our tables. Throws StoreError.
class SqliteSteps {
  public:
    explicit SqliteSteps(sqlite3* db) noexcept : db_(db) {}

    auth::StoreOutcome take(const auth::BeginSession& step);
    auth::StoreOutcome take(const auth::RotateToken& step);
    auth::StoreOutcome take(const auth::RevokeSession& step);
    auth::StoreOutcome take(const auth::RevokeSubject& step);
    auth::StoreOutcome take(const auth::FindToken& step);
    auth::StoreOutcome take(const auth::ListSessions& step);
    auth::StoreOutcome take(const auth::PurgeExpired& step);
    auth::StoreOutcome take(const auth::AddRevocations& step) { return revocations_.take(step); }
    auth::StoreOutcome take(const auth::RemoveRevocation& step) { return revocations_.take(step); }
    auth::StoreOutcome take(const auth::ReadRevocations& step) { return revocations_.take(step); }

  private:
    struct FoundToken {
        auth::RefreshToken token;
        std::int64_t used_at = 0;
        std::string replaced_by;
    };
    struct FoundSession {
        auth::Session session;
        bool revoked = false;
    };

    std::optional<FoundSession> session(const std::string& sid);
    std::optional<FoundToken> token(const std::string& sid, const std::string& jti);
    void add(const std::string& sid, const auth::RefreshToken& token);
    void renew(auth::Session& session, const auth::RotateToken& step);

    sqlite3* db_;
    SqliteRevocations revocations_{db_};
    Statement find_session_{db_, "SELECT sub, tenant_id, roles, created_at, ends_at, revoked_at, "
                                 "client FROM sessions WHERE sid = ?"};
    Statement find_token_{db_, "SELECT created_at, expires_at, last_used_at, replaced_by "
                               "FROM tokens WHERE jti = ? AND sid = ?"};
    Statement add_session_{db_, "INSERT OR IGNORE INTO sessions (sid, sub, tenant_id, roles, "
                                "created_at, ends_at, expires_at, client) "
                                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
    Statement add_token_{db_, "INSERT OR IGNORE INTO tokens (jti, sid, created_at, expires_at) "
                              "VALUES (?, ?, ?, ?)"};
    Statement spend_{db_, "UPDATE tokens SET last_used_at = ?, replaced_by = ? WHERE jti = ?"};
    Statement extend_{db_, "UPDATE sessions SET expires_at = ? WHERE sid = ?"};
    Statement revoke_{db_, "UPDATE sessions SET revoked_at = ? WHERE sid = ?"};
    Statement revoke_subject_{db_, "UPDATE sessions SET revoked_at = ? WHERE sub = ? "
                                   "AND tenant_id = ? AND revoked_at IS NULL"};
    Statement list_{db_, "SELECT sid, created_at, expires_at, "
                         "(SELECT max(created_at) FROM tokens WHERE sid = sessions.sid), client "
                         "FROM sessions WHERE sub = ? AND tenant_id = ? AND revoked_at IS NULL "
                         "AND expires_at > ? LIMIT ?"};
    Statement renew_{db_, "UPDATE sessions SET tenant_id = ?, roles = ?, ends_at = ? "
                          "WHERE sid = ?"};
    Statement purge_tokens_{db_, "DELETE FROM tokens WHERE jti IN "
                                 "(SELECT jti FROM tokens WHERE expires_at <= ? LIMIT ?)"};
    Statement purge_sessions_{db_, "DELETE FROM sessions WHERE sid IN "
                                   "(SELECT sid FROM sessions WHERE expires_at <= ? LIMIT ?)"};
};

} // namespace sallyport::store
