#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace sallyport::auth {

// A login, and all refresh tokens that descend from it. Times are seconds since the epoch.
struct Session {
    std::string sid;
    std::string subject;
    std::string tenant; // empty: none
    std::vector<std::string> roles;
    std::int64_t created_at = 0;
    std::int64_t ends_at = 0; // no refresh token outlives it

    bool operator==(const Session&) const = default;
};

struct RefreshToken {
    std::string jti;
    std::int64_t created_at = 0;
    std::int64_t expires_at = 0; // valid before this second

    bool operator==(const RefreshToken&) const = default;
};

// What a store is asked to do. Each is one atomic step, and may be asked a second time with the
// same outcome where the first answer was lost; but what it revoked has been revoked before then.

// Keeps a new session and its first token.
struct BeginSession {
    Session session;
    RefreshToken token;
};

// Spends a token for its successor, whose jti nobody else has. A token that is spent already is
// reused, which revokes its session; but not within `reuse_window` seconds after its use, and while
// its successor is unused: then it has the same successor again.
struct RotateToken {
    std::string sid;
    std::string jti;
    RefreshToken next; // made now; does not outlive the session
    std::int64_t reuse_window = 0;
    // What the session says from now on, where its account was read anew.
    struct Renewal {
        std::string subject; // of the session, which stays
        std::string tenant;
        std::vector<std::string> roles;
        std::int64_t ends_at = 0; // the session ends then at the latest
    };
    std::optional<Renewal> renewal{};
};

// Where a tenant is given, the sessions of all others are unknown.
struct RevokeSession {
    std::string sid;
    std::int64_t now = 0;
    std::optional<std::string> tenant{}; // empty text: sessions without a tenant
};

// Revokes all sessions that a subject has in a tenant; done when there was one to revoke. A session
// that begins at the same time may remain.
struct RevokeSubject {
    std::string subject;
    std::string tenant; // empty: none
    std::int64_t now = 0;
};

// Reads a session, and a token of it unless `jti` is empty.
struct FindToken {
    std::string sid;
    std::string jti;
    std::int64_t now = 0;
};

// Removes some of what has expired; to be repeated unless it is done.
struct PurgeExpired {
    std::int64_t now = 0;
};

using StoreStep =
    std::variant<BeginSession, RotateToken, RevokeSession, RevokeSubject, FindToken, PurgeExpired>;

struct StoreOutcome {
    enum class Kind {
        done,     // begun, rotated, revoked; found, and valid
        repeated, // rotated before, within the window, to the successor that is `token`
        reused,   // was spent, and its session is revoked by this step
        revoked,  // the session was revoked before
        expired,
        unknown,
        spent,  // found, and replaced
        failed, // this one, whatever became of the others; `error` is for the log
    };
    Kind kind = Kind::unknown;
    // Where the step knew it: the session as it was begun, and the token that is good now or was
    // found.
    Session session{};
    RefreshToken token{};
    std::string error{};
};

// The store does not work. What it says is for the log.
struct StoreError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

using StoreClock = std::chrono::steady_clock;

// How long anybody waits for a store.
constexpr std::chrono::seconds store_patience{5};

// Where sessions are kept. Blocks; one thread at a time, any thread. Steps are done in their order.
class TokenStore {
  public:
    TokenStore() = default;
    TokenStore(const TokenStore&) = delete;
    TokenStore& operator=(const TokenStore&) = delete;
    virtual ~TokenStore() = default;

    // An outcome for each step. All that was done is kept for good before it returns. When it
    // throws StoreError, or a step failed, it may have been done and its answer lost; but none is
    // begun after the deadline: who is told then that a store does not answer may take it that
    // nothing was done.
    std::vector<StoreOutcome> run(std::span<const StoreStep> steps,
                                  StoreClock::time_point deadline = StoreClock::now() +
                                                                    store_patience) {
        return do_run(steps, deadline);
    }

  private:
    virtual std::vector<StoreOutcome> do_run(std::span<const StoreStep> steps,
                                             StoreClock::time_point deadline) = 0;
};

// What a store knows when a token is to be rotated.
struct KnownToken {
    bool revoked = false; // its session
    std::int64_t expires_at = 0;
    std::int64_t used_at = 0; // when it was spent
    std::string replaced_by;  // empty: unspent
    bool successor_unused = false;
};

// What becomes of a rotation: done, repeated, reused, revoked or expired.
StoreOutcome::Kind judge_rotation(const KnownToken& known, const RotateToken& step) noexcept;

// Gives a session what a successful rotation brings; whether that changes anything.
bool renew(Session& session, const RotateToken& step);

} // namespace sallyport::auth
