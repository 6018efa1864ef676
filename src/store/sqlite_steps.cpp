#include "store/sqlite_steps.hpp"

#include <algorithm>

#include "store/role_text.hpp"

namespace sallyport::store {
namespace {

constexpr std::int64_t purge_rows = 1000;

} // namespace

using auth::StoreOutcome;
using Kind = StoreOutcome::Kind;

std::optional<SqliteSteps::FoundSession> SqliteSteps::session(const std::string& sid) {
    find_session_.bind(sid);
    std::optional<FoundSession> found;
    if (find_session_.step()) {
        found.emplace();
        found->session = {sid,
                          find_session_.text(0),
                          find_session_.text(1),
                          split_roles(find_session_.text(2)),
                          find_session_.number(3),
                          find_session_.number(4),
                          find_session_.text(6)};
        found->revoked = !find_session_.is_null(5);
    }
    find_session_.reset();
    return found;
}

std::optional<SqliteSteps::FoundToken> SqliteSteps::token(const std::string& sid,
                                                          const std::string& jti) {
    find_token_.bind(jti).bind(sid);
    std::optional<FoundToken> found;
    if (find_token_.step()) {
        found.emplace(FoundToken{{jti, find_token_.number(0), find_token_.number(1)},
                                 find_token_.number(2),
                                 find_token_.text(3)});
    }
    find_token_.reset();
    return found;
}

void SqliteSteps::add(const std::string& sid, const auth::RefreshToken& token) {
    add_token_.bind(token.jti).bind(sid).bind(token.created_at).bind(token.expires_at);
    add_token_.execute();
}

void SqliteSteps::renew(auth::Session& session, const auth::RotateToken& step) {
    if (auth::renew(session, step)) {
        const std::string roles = join_roles(session.roles);
        renew_.bind(session.tenant).bind(roles).bind(session.ends_at).bind(session.sid).execute();
    }
}

StoreOutcome SqliteSteps::take(const auth::BeginSession& step) {
    const auth::Session& s = step.session;
    const std::string roles = join_roles(s.roles);
    add_session_.bind(s.sid).bind(s.subject).bind(s.tenant).bind(roles);
    add_session_.bind(s.created_at).bind(s.ends_at).bind(step.token.expires_at);
    add_session_.bind(s.client).execute();
    add(s.sid, step.token);
    return {Kind::done, s, step.token};
}

StoreOutcome SqliteSteps::take(const auth::RotateToken& step) {
    auto kept = session(step.sid);
    const auto spent = kept ? token(step.sid, step.jti) : std::nullopt;
    if (!spent) {
        return {};
    }
    const auto successor =
        spent->replaced_by.empty() ? std::nullopt : token(step.sid, spent->replaced_by);
    const bool unused = successor && successor->replaced_by.empty() &&
                        step.next.created_at < successor->token.expires_at;
    const Kind kind = rotation_outcome(
        {kept->revoked, spent->token.expires_at, spent->used_at, spent->replaced_by, unused}, step);
    if (kind == Kind::done || kind == Kind::repeated) {
        renew(kept->session, step);
    }
    StoreOutcome outcome{kind, kept->session, {}};
    if (kind == Kind::reused) {
        revoke_.bind(step.next.created_at).bind(step.sid).execute();
    } else if (kind == Kind::done && !successor) {
        outcome.token = step.next;
        outcome.token.expires_at = std::min(step.next.expires_at, kept->session.ends_at);
        add(step.sid, outcome.token);
        spend_.bind(step.next.created_at).bind(step.next.jti).bind(step.jti).execute();
        extend_.bind(outcome.token.expires_at).bind(step.sid).execute();
    } else if (kind == Kind::done || kind == Kind::repeated) {
        outcome.token = successor->token;
    }
    return outcome;
}

StoreOutcome SqliteSteps::take(const auth::RevokeSession& step) {
    const auto kept = session(step.sid);
    if (!kept || !auth::is_meant(step, kept->session)) {
        return {};
    }
    if (!kept->revoked) {
        revoke_.bind(step.now).bind(step.sid).execute();
    }
    return {kept->revoked ? Kind::revoked : Kind::done, kept->session, {}};
}

StoreOutcome SqliteSteps::take(const auth::RevokeSubject& step) {
    revoke_subject_.bind(step.now).bind(step.subject).bind(step.tenant).execute();
    return {sqlite3_changes(db_) > 0 ? Kind::done : Kind::unknown, {}, {}};
}

StoreOutcome SqliteSteps::take(const auth::FindToken& step) {
    const auto kept = session(step.sid);
    const auto found = kept && !step.jti.empty() ? token(step.sid, step.jti) : std::nullopt;
    if (!kept || (!step.jti.empty() && !found)) {
        return {};
    }
    StoreOutcome outcome{Kind::done, kept->session, found ? found->token : auth::RefreshToken{}};
    if (kept->revoked) {
        outcome.kind = Kind::revoked;
    } else if (step.now >= (found ? found->token.expires_at : kept->session.ends_at)) {
        outcome.kind = Kind::expired;
    } else if (found && !found->replaced_by.empty()) {
        outcome.kind = Kind::spent;
    }
    return outcome;
}

StoreOutcome SqliteSteps::take(const auth::ListSessions& step) {
    StoreOutcome outcome{Kind::done, {}, {}};
    list_.bind(step.subject).bind(step.tenant).bind(step.now);
    list_.bind(static_cast<std::int64_t>(auth::most_listed_sessions));
    while (list_.step()) {
        outcome.sessions.push_back(
            {list_.text(0), list_.number(1), list_.number(3), list_.number(2), list_.text(4)});
    }
    list_.reset();
    return outcome;
}

StoreOutcome SqliteSteps::take(const auth::PurgeExpired& step) {
    purge_tokens_.bind(step.now).bind(purge_rows).execute();
    int removed = sqlite3_changes(db_);
    purge_sessions_.bind(step.now).bind(purge_rows).execute();
    removed = std::max(removed, sqlite3_changes(db_));
    removed = std::max(removed, revocations_.purge(step.now, purge_rows));
    return {removed < purge_rows ? Kind::done : Kind::repeated, {}, {}};
}

} // namespace sallyport::store
