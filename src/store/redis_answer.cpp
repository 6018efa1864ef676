#include "store/redis_answer.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "store/redis_connection.hpp"
#include "store/role_text.hpp"

namespace sallyport::store {
namespace {

using auth::StoreOutcome;
using Kind = StoreOutcome::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 7> kinds{{
    {"done", Kind::done},
    {"repeated", Kind::repeated},
    {"reused", Kind::reused},
    {"revoked", Kind::revoked},
    {"expired", Kind::expired},
    {"unknown", Kind::unknown},
    {"spent", Kind::spent},
}};

// What a script answers: the kind, and behind it the session and the token where they are known.
class Answer {
  public:
    explicit Answer(const redisReply& reply) : reply_(reply) {}

    // Failed as well when it is no answer of a script of ours.
    [[nodiscard]] Kind kind() const noexcept {
        const auto found =
            std::find_if(kinds.begin(), kinds.end(),
                         [word = word(0)](const auto& entry) { return entry.first == word; });
        return found == kinds.end() ? Kind::failed : found->second;
    }
    [[nodiscard]] std::string_view word(std::size_t i) const noexcept {
        if (reply_.type != REDIS_REPLY_ARRAY || i >= reply_.elements ||
            reply_.element[i]->str == nullptr) {
            return {};
        }
        return {reply_.element[i]->str, static_cast<std::size_t>(reply_.element[i]->len)};
    }
    [[nodiscard]] std::int64_t number(std::size_t i) const {
        return std::strtoll(std::string(word(i)).c_str(), nullptr, 10);
    }

  private:
    const redisReply& reply_;
};

// Errors that say nothing of the step, but of Redis at this moment; or that it was made anew and
// has lost our scripts.
bool is_passing(const redisReply& reply) {
    const std::string_view error(reply.str, reply.len);
    constexpr std::array<std::string_view, 7> passing{
        "NOSCRIPT", "LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN", "CLUSTERDOWN", "READONLY"};
    return std::any_of(passing.begin(), passing.end(),
                       [&](std::string_view prefix) { return error.starts_with(prefix); });
}

} // namespace

StoreOutcome failed_step(std::string why) {
    return {Kind::failed, {}, {}, std::move(why)};
}

StoreOutcome outcome_of(const redisReply& reply, const std::string& sid) {
    if (reply.type == REDIS_REPLY_ERROR) {
        if (is_passing(reply)) {
            throw auth::StoreError(error_of(reply));
        }
        return failed_step(error_of(reply));
    }
    const Answer answer(reply);
    if (answer.word(0) == "late") {
        throw auth::StoreError("Redis came to it too late");
    }
    if (answer.kind() == Kind::failed) {
        return failed_step("Redis answered something else than a script of ours");
    }
    StoreOutcome outcome{answer.kind(), {}, {}};
    if (reply.elements > 1) {
        outcome.session = {sid,
                           std::string(answer.word(1)),
                           std::string(answer.word(2)),
                           split_roles(answer.word(3)),
                           answer.number(4),
                           answer.number(5)};
        outcome.token = {std::string(answer.word(6)), answer.number(7), answer.number(8)};
    }
    return outcome;
}

} // namespace sallyport::store
