#include "store/redis_answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>

#include "store/packed_revocation.hpp"
#include "store/redis_connection.hpp"
#include "store/role_text.hpp"

namespace sallyport::store {
namespace {

using auth::StoreOutcome;
using Kind = StoreOutcome::Kind;

std::optional<std::int64_t> parse(std::string_view word) noexcept {
    std::int64_t number = 0;
    const char* const end = word.data() + word.size();
    const auto [rest, error] = std::from_chars(word.data(), end, number);
    return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

constexpr std::array<std::pair<std::string_view, Kind>, 7> kinds{{
    {"done", Kind::done},
    {"repeated", Kind::repeated},
    {"reused", Kind::reused},
    {"revoked", Kind::revoked},
    {"expired", Kind::expired},
    {"unknown", Kind::unknown},
    {"spent", Kind::spent},
}};

// The elements of a reply with a session, in this order.
namespace member {
enum : std::size_t {
    kind,
    subject,
    tenant,
    roles,
    created_at,
    ends_at,
    jti,
    token_created_at,
    token_expires_at,
    client,
    count,
};
}

// Replies contain only strings: either the kind alone, or all members.
class Answer {
  public:
    explicit Answer(const redisReply& reply) : reply_(reply) {}

    // Nothing if our scripts never return such a reply.
    [[nodiscard]] std::optional<Kind> read_kind() const noexcept {
        const bool is_list = reply_.type == REDIS_REPLY_ARRAY &&
                             (reply_.elements == 1 || reply_.elements == member::count);
        const auto word = is_list ? text_of(*reply_.element[member::kind]) : std::nullopt;
        const auto found = std::find_if(kinds.begin(), kinds.end(),
                                        [&](const auto& entry) { return entry.first == word; });
        return found == kinds.end() ? std::nullopt : std::optional(found->second);
    }
    // Nothing if a member is missing or has another type.
    [[nodiscard]] std::optional<StoreOutcome> read(Kind kind, const std::string& sid) const {
        if (reply_.elements != member::count) {
            return std::nullopt;
        }
        for (std::size_t i = member::subject; i < member::count; ++i) {
            const bool is_text = i == member::subject || i == member::tenant ||
                                 i == member::roles || i == member::jti || i == member::client;
            if (is_text ? !text_of(*reply_.element[i]) : !number(i)) {
                return std::nullopt;
            }
        }
        return StoreOutcome{kind,
                            {sid, text(member::subject), text(member::tenant),
                             split_roles(text(member::roles)), *number(member::created_at),
                             *number(member::ends_at), text(member::client)},
                            {text(member::jti), *number(member::token_created_at),
                             *number(member::token_expires_at)}};
    }

  private:
    [[nodiscard]] std::string text(std::size_t i) const {
        return std::string(*text_of(*reply_.element[i]));
    }
    [[nodiscard]] std::optional<std::int64_t> number(std::size_t i) const noexcept {
        const auto word = text_of(*reply_.element[i]);
        return word ? parse(*word) : std::nullopt;
    }

    const redisReply& reply_;
};

// Errors about the state of Redis rather than about the step; or Redis was restarted, and has lost
// our scripts.
bool is_passing(const redisReply& reply) {
    const std::string_view error(reply.str, reply.len);
    constexpr std::array<std::string_view, 7> passing{
        "NOSCRIPT", "LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN", "CLUSTERDOWN", "READONLY"};
    return std::any_of(passing.begin(), passing.end(),
                       [&](std::string_view prefix) { return error.starts_with(prefix); });
}

StoreOutcome no_answer() {
    return failed_step("Redis sent a reply that no script returns");
}

// The outcome if the step has failed. Throws if the reply says nothing about it.
std::optional<StoreOutcome> read_failure(const redisReply& reply) {
    if (reply.type == REDIS_REPLY_ERROR) {
        if (is_passing(reply)) {
            throw auth::StoreError(error_of(reply));
        }
        return failed_step(error_of(reply));
    }
    if (reply.type == REDIS_REPLY_ARRAY && reply.elements == 1 &&
        text_of(*reply.element[0]) == "late") {
        throw auth::StoreError("Redis ran the step after its deadline");
    }
    return std::nullopt;
}

// `knows_session`: all but "unknown" say which session it is.
StoreOutcome read(const redisReply& reply, const std::string& sid,
                  std::initializer_list<Kind> possible, bool knows_session = true) {
    if (auto failed = read_failure(reply)) {
        return std::move(*failed);
    }
    const Answer answer(reply);
    const auto kind = answer.read_kind();
    if (!kind || std::find(possible.begin(), possible.end(), *kind) == possible.end()) {
        return no_answer();
    }
    const bool alone = !knows_session || *kind == Kind::unknown;
    if (alone) {
        return reply.elements == 1 ? StoreOutcome{*kind, {}, {}} : no_answer();
    }
    return answer.read(*kind, sid).value_or(no_answer());
}

// The first elements of a reply with revocations, in this order.
namespace change {
enum : std::size_t { kind, epoch, version, whole, more, count };
}

std::optional<bool> read_flag(const redisReply& reply) noexcept {
    const auto word = text_of(reply);
    return word == "1" ? std::optional(true) : word == "0" ? std::optional(false) : std::nullopt;
}

// Nothing if our script never returns such a reply.
std::optional<auth::RevocationChanges> read_changes(const redisReply& reply, std::int64_t now) {
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements < change::count ||
        text_of(*reply.element[change::kind]) != "done") {
        return std::nullopt;
    }
    const std::span elements(reply.element, reply.elements);
    const auto epoch = text_of(*elements[change::epoch]);
    const auto version = number_of(*elements[change::version]);
    const auto whole = read_flag(*elements[change::whole]);
    const auto more = read_flag(*elements[change::more]);
    if (!epoch || epoch->empty() || !version || *version < 0 || !whole || !more) {
        return std::nullopt;
    }
    auth::RevocationChanges changes{std::string(*epoch), *version, *whole, *more, {}, {}};
    for (const redisReply* const element : elements.subspan(change::count)) {
        const auto revocation = unpack_revocation(text_of(*element).value_or(""));
        if (!revocation) {
            return std::nullopt;
        }
        auth::append(changes, *revocation, now);
    }
    return changes;
}

} // namespace

StoreOutcome failed_step(std::string why) {
    return {Kind::failed, {}, {}, std::move(why)};
}

std::optional<std::string_view> text_of(const redisReply& reply) noexcept {
    if (reply.type != REDIS_REPLY_STRING || reply.str == nullptr) {
        return std::nullopt;
    }
    return std::string_view(reply.str, static_cast<std::size_t>(reply.len));
}

std::optional<std::int64_t> number_of(const redisReply& reply) noexcept {
    const auto word = text_of(reply);
    return word ? parse(*word) : std::nullopt;
}

StoreOutcome outcome_of_listing(const redisReply& reply) {
    return read(reply, {}, {Kind::done}, false);
}

StoreOutcome outcome_of_latest(const redisReply& reply, const std::string& sid) {
    return read(reply, sid, {Kind::done, Kind::revoked, Kind::expired, Kind::unknown});
}

StoreOutcome outcome_of(const redisReply& reply, const auth::BeginSession& step) {
    StoreOutcome outcome = read(reply, step.session.sid, {Kind::done}, false);
    outcome.session = step.session;
    outcome.token = step.token;
    return outcome;
}

StoreOutcome outcome_of(const redisReply& reply, const auth::RotateToken& step) {
    StoreOutcome outcome = read(
        reply, step.sid,
        {Kind::done, Kind::repeated, Kind::reused, Kind::revoked, Kind::expired, Kind::unknown});
    const bool right = !outcome.session.subject.empty() &&
                       (outcome.kind == Kind::done ? outcome.token.jti == step.next.jti
                                                   : !outcome.token.jti.empty());
    const bool issues = outcome.kind == Kind::done || outcome.kind == Kind::repeated;
    return right || !issues ? outcome : no_answer();
}

StoreOutcome outcome_of(const redisReply& reply, const auth::RevokeSession& step) {
    return read(reply, step.sid, {Kind::done, Kind::revoked, Kind::unknown});
}

StoreOutcome outcome_of(const redisReply& reply, const auth::FindToken& step) {
    StoreOutcome outcome = read(
        reply, step.sid, {Kind::done, Kind::revoked, Kind::expired, Kind::spent, Kind::unknown});
    const bool found = outcome.kind != Kind::unknown && outcome.kind != Kind::failed;
    return !found || outcome.token.jti == step.jti ? outcome : no_answer();
}

StoreOutcome outcome_of(const redisReply& reply, const auth::AddRevocations& /*step*/) {
    return read(reply, {}, {Kind::done}, false);
}

StoreOutcome outcome_of(const redisReply& reply, const auth::RemoveRevocation& /*step*/) {
    return read(reply, {}, {Kind::done, Kind::unknown}, false);
}

StoreOutcome outcome_of(const redisReply& reply, const auth::ReadRevocations& step) {
    if (auto failed = read_failure(reply)) {
        return std::move(*failed);
    }
    auto changes = read_changes(reply, step.now);
    if (!changes) {
        return no_answer();
    }
    StoreOutcome outcome{Kind::done, {}, {}};
    outcome.revocations = std::make_shared<auth::RevocationChanges>(std::move(*changes));
    return outcome;
}

} // namespace sallyport::store
