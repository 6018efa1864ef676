#include "store/redis_subjects.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "store/redis_answer.hpp"
#include "store/redis_scripts.hpp"

namespace sallyport::store {
namespace {

using auth::StoreOutcome;
using Kind = StoreOutcome::Kind;

constexpr std::size_t most_at_once = 256;

// Unambiguous, because tenants and subjects contain no line break.
std::string list_key(const std::string& tenant, const std::string& subject) {
    const Digest digest = sha256(bytes(tenant + '\n' + subject));
    return "sallyport:subject:{" + base64url_encode(digest) + '}';
}

} // namespace

std::string session_key(const std::string& sid) {
    return "sallyport:{" + sid + '}';
}

RedisSubjects::RedisSubjects(RedisConnection& redis)
    : redis_(redis),
      listing_(redis.load(list_script)),
      revoke_(redis.load(revoke_script)),
      latest_(redis.load(latest_script)) {}

void RedisSubjects::send_listing(const Entry& entry, std::int64_t ends_at,
                                 std::string_view deadline) {
    const std::string key = list_key(entry.tenant, entry.subject);
    const std::array arguments{std::to_string(entry.now), entry.sid, std::to_string(ends_at)};
    redis_.call(listing_, {{key}}, arguments, deadline);
}

void RedisSubjects::send_revocation(const auth::RevokeSession& step, std::string_view deadline) {
    const std::string key = session_key(step.sid);
    const std::array<std::string, 5> arguments{std::to_string(step.now), step.tenant ? "1" : "",
                                               step.tenant.value_or(""), step.subject ? "1" : "",
                                               step.subject.value_or("")};
    redis_.call(revoke_, {{key}}, arguments, deadline);
}

StoreOutcome RedisSubjects::revoke(const auth::RevokeSubject& step, std::string_view deadline) {
    StoreOutcome outcome;
    const auto all = sids(step.tenant, step.subject, outcome);
    for (std::size_t i = 0; all && i < all->size() && outcome.kind != Kind::failed;
         i += most_at_once) {
        const std::size_t count = std::min(most_at_once, all->size() - i);
        revoke_some(Sids(*all).subspan(i, count), step, deadline, outcome);
    }
    return outcome;
}

StoreOutcome RedisSubjects::list(const auth::ListSessions& step, std::string_view deadline) {
    StoreOutcome outcome{Kind::done, {}, {}};
    const auto all = sids(step.tenant, step.subject, outcome);
    for (std::size_t i = 0; all && i < all->size() && outcome.kind != Kind::failed &&
                            outcome.sessions.size() < auth::most_listed_sessions;
         i += most_at_once) {
        const std::size_t count = std::min(most_at_once, all->size() - i);
        list_some(Sids(*all).subspan(i, count), step, deadline, outcome);
    }
    if (outcome.sessions.size() > auth::most_listed_sessions) {
        outcome.sessions.resize(auth::most_listed_sessions);
    }
    return outcome;
}

std::optional<std::vector<std::string>>
RedisSubjects::sids(const std::string& tenant, const std::string& subject, StoreOutcome& outcome) {
    const std::string key = list_key(tenant, subject);
    const std::array<std::string_view, 4> command{"ZRANGE", key, "0", "-1"};
    redis_.send(command);
    const RedisReply list = redis_.receive();
    if (list->type != REDIS_REPLY_ARRAY) {
        outcome =
            failed_step(list->type == REDIS_REPLY_ERROR ? error_of(*list) : "Redis sent no list");
        return std::nullopt;
    }
    std::vector<std::string> all;
    for (const redisReply* const element : std::span(list->element, list->elements)) {
        const auto sid = text_of(*element);
        if (!sid) {
            outcome = failed_step("Redis sent an invalid list of sessions");
            return std::nullopt;
        }
        all.emplace_back(*sid);
    }
    return all;
}

void RedisSubjects::revoke_some(Sids sids, const auth::RevokeSubject& step,
                                std::string_view deadline, StoreOutcome& outcome) {
    for (const std::string& sid : sids) {
        send_revocation({sid, step.now, step.tenant, step.subject}, deadline);
    }
    for (const std::string& sid : sids) {
        StoreOutcome one = outcome_of(*redis_.receive(), auth::RevokeSession{sid, step.now});
        if (one.kind == Kind::failed) {
            outcome = std::move(one);
        } else if (one.kind == Kind::done && outcome.kind != Kind::failed) {
            outcome.kind = Kind::done;
        }
    }
}

void RedisSubjects::list_some(Sids sids, const auth::ListSessions& step, std::string_view deadline,
                              StoreOutcome& outcome) {
    const std::array arguments{std::to_string(step.now), step.tenant, step.subject};
    for (const std::string& sid : sids) {
        const std::string key = session_key(sid);
        redis_.call(latest_, {{key}}, arguments, deadline);
    }
    for (const std::string& sid : sids) {
        StoreOutcome one = outcome_of_latest(*redis_.receive(), sid);
        if (one.kind == Kind::failed) {
            outcome = std::move(one);
        } else if (one.kind == Kind::done && outcome.kind != Kind::failed) {
            outcome.sessions.push_back({sid, one.session.created_at, one.token.created_at,
                                        one.token.expires_at, std::move(one.session.client)});
        }
    }
}

} // namespace sallyport::store
