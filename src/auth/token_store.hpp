#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "auth/revocation_record.hpp"

namespace sallyport::auth {

// A login, and all refresh tokens that descend from it. Times are seconds since the epoch.
struct Session {
    std::string sid;
    std::string subject;
    std::string tenant; // empty: none
    std::vector<std::string> roles;
    std::int64_t created_at = 0;
    std::int64_t ends_at = 0; // no refresh token outlives it
    std::string client{};     // which program began it, in its own words; empty: unknown

    bool operator==(const Session&) const = default;
};

struct RefreshToken {
    std::string jti;
    std::int64_t created_at = 0;
    std::int64_t expires_at = 0; // exclusive

    bool operator==(const RefreshToken&) const = default;
};

// The steps of a store. Each is atomic. If the answer was lost, a step can be repeated with the
// same outcome, except that sessions it revoked have been revoked already.

// Stores a new session and its first token.
struct BeginSession {
    Session session;
    RefreshToken token;
};

// Spends a token and stores its successor, whose jti is unique. If the token was spent before, it
// is reused, and the session is revoked. But within `reuse_window` seconds after its use, and while
// its successor is unused, it gets the same successor again.
struct RotateToken {
    std::string sid;
    std::string jti;
    RefreshToken next; // created now, and expires no later than the session
    std::int64_t reuse_window = 0;
    // Replaces what the session contains, after its account was read again.
    struct Renewal {
        std::string subject; // of the session; does not change
        std::string tenant;
        std::vector<std::string> roles;
        std::int64_t ends_at = 0; // the session ends then at the latest
    };
    std::optional<Renewal> renewal{};
};

// If a tenant or a subject is given, sessions of all others are unknown.
struct RevokeSession {
    std::string sid;
    std::int64_t now = 0;
    std::optional<std::string> tenant{}; // empty text: sessions without a tenant
    std::optional<std::string> subject{};
};

// Revokes all sessions of a subject in a tenant. Done if there was at least one. A session that
// begins at the same time may remain.
struct RevokeSubject {
    std::string subject;
    std::string tenant; // empty: none
    std::int64_t now = 0;
};

// Reads a session and, unless `jti` is empty, a token of it.
struct FindToken {
    std::string sid;
    std::string jti;
    std::int64_t now = 0;
};

// Lists sessions of a subject in a tenant that are neither revoked nor expired.
struct ListSessions {
    std::string subject;
    std::string tenant; // empty: none
    std::int64_t now = 0;
};

// A subject with more sessions gets some of them.
constexpr std::size_t most_listed_sessions = 1000;

struct ListedSession {
    std::string sid;
    std::int64_t created_at = 0;
    std::int64_t last_used_at = 0; // when its latest token was issued
    std::int64_t expires_at = 0;   // of that token
    std::string client{};          // as in Session

    bool operator==(const ListedSession&) const = default;
};

// Removes some expired sessions, tokens and revocations. Must be repeated until it is done.
struct PurgeExpired {
    std::int64_t now = 0;
};

// A store numbers the changes of its revocations: each change gets a version, which is higher than
// all versions before it in the same epoch. A store begins an epoch, which has a random name, with
// its first step about revocations, and whenever it may have lost some of them.

// The maximum number of records in one step, so that no step blocks a store for long.
constexpr std::size_t most_revocations = 1000;

// Adds revocations, or extends those with the same keys to the later times. What changes nothing
// gets no version.
struct AddRevocations {
    std::vector<RevocationRecord> records;
    std::int64_t now = 0;
    // To restore what a store has lost: does not add revocations that were removed.
    bool is_refill = false;
};

// Removes a revocation. The store remembers the removal until the revocation would have ended, so
// that readers learn about it. Unknown if there is no such revocation.
struct RemoveRevocation {
    RevocationRecord record;
    std::int64_t now = 0;
};

// Reads what changed after a version of an epoch, in the order of versions.
struct ReadRevocations {
    std::string epoch; // empty: none is known
    std::int64_t version = 0;
    std::int64_t now = 0;
};

using StoreStep =
    std::variant<BeginSession, RotateToken, RevokeSession, RevokeSubject, FindToken, ListSessions,
                 PurgeExpired, AddRevocations, RemoveRevocation, ReadRevocations>;

// The maximum number of changes that one step reads.
constexpr std::size_t revocation_page = 5000;

struct RevocationChanges {
    // For the next step, which reads what follows.
    std::string epoch;
    std::int64_t version = 0;
    // The first page of all revocations: the store is in another epoch, or has a lower version.
    bool whole = false;
    bool more = false;                   // another page may follow
    std::vector<RevocationRecord> added; // or extended
    std::vector<RevocationRecord> removed;
};

struct StoreOutcome {
    enum class Kind {
        done,     // begun, rotated, revoked; found, and valid
        repeated, // rotated before, within the window; `token` is the successor
        reused,   // was spent before; this step revokes the session
        revoked,  // the session was revoked earlier
        expired,
        unknown,
        spent,  // found, and spent
        failed, // this step failed, perhaps alone; `error` is for the log
    };
    Kind kind = Kind::unknown;
    // As far as the step knows them: the session as it was begun, and the token that is valid now
    // or was found.
    Session session{};
    RefreshToken token{};
    std::string error{};
    std::vector<ListedSession> sessions{};                  // of ListSessions, in any order
    std::shared_ptr<const RevocationChanges> revocations{}; // of ReadRevocations
};

// The store does not work. The text is for the log.
struct StoreError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

using StoreClock = std::chrono::steady_clock;

// The maximum time to wait for a store.
constexpr std::chrono::seconds store_patience{5};

// Stores sessions and revocations. Blocks. Any thread, but one at a time. Steps are executed in
// their order.
class TokenStore {
  public:
    TokenStore() = default;
    TokenStore(const TokenStore&) = delete;
    TokenStore& operator=(const TokenStore&) = delete;
    virtual ~TokenStore() = default;

    // Returns an outcome for each step. All changes are durable then. If it throws StoreError, or
    // if a step failed, the step may have been executed and its answer lost. No step is begun after
    // the deadline, so once a client has been told that the store does not answer, nothing more is
    // executed.
    std::vector<StoreOutcome> run(std::span<const StoreStep> steps,
                                  StoreClock::time_point deadline = StoreClock::now() +
                                                                    store_patience) {
        return do_run(steps, deadline);
    }

  private:
    virtual std::vector<StoreOutcome> do_run(std::span<const StoreStep> steps,
                                             StoreClock::time_point deadline) = 0;
};

// What a store knows about a token that is to be rotated.
struct KnownToken {
    bool revoked = false; // its session
    std::int64_t expires_at = 0;
    std::int64_t used_at = 0; // when it was spent
    std::string replaced_by;  // empty: not spent
    bool successor_unused = false;
};

// The outcome of a rotation: done, repeated, reused, revoked or expired.
StoreOutcome::Kind rotation_outcome(const KnownToken& known, const RotateToken& step) noexcept;

// Updates a session after a successful rotation. Returns whether anything changed.
bool renew(Session& session, const RotateToken& step);

// Whether the step is about a session of this owner.
bool is_meant(const RevokeSession& step, const Session& session) noexcept;

// What a store knows about a revocation.
struct KnownRevocation {
    RevocationRecord record;
    bool removed = false;
    // The store remembers it until then: a reader may have it from before it was removed, with an
    // end as late as this.
    std::int64_t kept_until = 0;

    [[nodiscard]] bool is_in_force(std::int64_t now) const noexcept {
        return !removed && record.until > now;
    }
    // Or was removed before.
    [[nodiscard]] bool is_removable(std::int64_t now) const noexcept {
        return is_in_force(now) || (removed && kept_until > now);
    }
};

// What the store must keep after the step. Nothing if the step changes nothing.
std::optional<KnownRevocation> merge(const std::optional<KnownRevocation>& known,
                                     const RevocationRecord& record, const AddRevocations& step);

// An empty page. Its version is the one after which its changes come.
RevocationChanges begin_page(const ReadRevocations& step, std::string epoch, std::int64_t version);
// Adds a change to a page, unless it is to be forgotten.
void append(RevocationChanges& page, const KnownRevocation& known, std::int64_t now);

} // namespace sallyport::auth
