#include "store/redis_store.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <initializer_list>
#include <thread>

#include "store/redis_connection.hpp"
#include "store/redis_scripts.hpp"
#include "store/role_text.hpp"

namespace sallyport::store {
namespace {

using auth::StoreOutcome;
using Kind = StoreOutcome::Kind;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using Clock = auth::StoreClock;
using namespace std::chrono_literals;

constexpr auto first_pause = 50ms;
constexpr auto longest_pause = 1000ms;
constexpr auto margin = 500ms;

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
    explicit Answer(const redisReply& reply) : reply_(reply) {
        if (reply.type != REDIS_REPLY_ARRAY || reply.elements < 1) {
            throw auth::StoreError("Redis answered something else than a script of ours");
        }
    }

    [[nodiscard]] Kind kind() const {
        const auto found =
            std::find_if(kinds.begin(), kinds.end(),
                         [word = word(0)](const auto& entry) { return entry.first == word; });
        if (word(0) == "late") {
            throw auth::StoreError("Redis came to it too late");
        }
        if (found == kinds.end()) {
            throw auth::StoreError("Redis answered something else than a script of ours");
        }
        return found->second;
    }
    [[nodiscard]] std::string_view word(std::size_t i) const noexcept {
        if (i >= reply_.elements || reply_.element[i]->str == nullptr) {
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

StoreOutcome outcome_of(const redisReply& reply, const std::string& sid) {
    const Answer answer(reply);
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

} // namespace

// One that knows our scripts.
class RedisStore::Connection {
  public:
    explicit Connection(const StoreAddress& address)
        : redis_(address),
          begin_(load(begin_script)),
          rotate_(load(rotate_script)),
          revoke_(load(revoke_script)),
          find_(load(find_script)),
          epoch_(clock_epoch()) {}

    std::vector<StoreOutcome> run(std::span<const auth::StoreStep> steps,
                                  Clock::time_point deadline) {
        redis_.set_patience(duration_cast<milliseconds>(deadline - Clock::now()));
        // What is done is to be known before the deadline.
        deadline_ = std::to_string(
            (epoch_ + duration_cast<milliseconds>((deadline - margin).time_since_epoch())).count());
        for (const auth::StoreStep& step : steps) {
            std::visit([this](const auto& one) { send(one); }, step);
        }
        std::vector<StoreOutcome> outcomes;
        for (const auth::StoreStep& step : steps) {
            outcomes.push_back(std::visit([this](const auto& one) { return receive(one); }, step));
        }
        return outcomes;
    }

  private:
    // What to add to our clock for that of Redis.
    milliseconds clock_epoch() {
        constexpr int thousand = 1000;
        const std::array<std::string_view, 1> command{"TIME"};
        const RedisReply reply = redis_.ask(command);
        if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
            throw auth::StoreError("Redis does not tell its time");
        }
        const auto number = [&](std::size_t i) {
            return std::strtoll(reply->element[i]->str, nullptr, 10);
        };
        return milliseconds(number(0) * thousand + number(1) / thousand) -
               duration_cast<milliseconds>(Clock::now().time_since_epoch());
    }

    std::string load(std::string_view script) {
        const std::array<std::string_view, 3> command{"SCRIPT", "LOAD", script};
        const RedisReply reply = redis_.ask(command);
        return {reply->str, static_cast<std::size_t>(reply->len)};
    }

    void call(const std::string& script, const std::string& sid,
              std::initializer_list<std::string> arguments) {
        const std::string key = "sallyport:{" + sid + '}';
        std::vector<std::string_view> command{"EVALSHA", script, "1", key};
        command.insert(command.end(), arguments.begin(), arguments.end());
        command.push_back(deadline_);
        redis_.send(command);
    }

    void send(const auth::BeginSession& step) {
        const auth::Session& s = step.session;
        call(begin_, s.sid,
             {std::to_string(s.created_at), s.subject, s.tenant, join_roles(s.roles),
              std::to_string(s.ends_at), step.token.jti, std::to_string(step.token.expires_at)});
    }
    void send(const auth::RotateToken& step) {
        call(rotate_, step.sid,
             {std::to_string(step.next.created_at), step.jti, step.next.jti,
              std::to_string(step.next.expires_at), std::to_string(step.reuse_window)});
    }
    void send(const auth::RevokeSession& step) {
        call(revoke_, step.sid, {std::to_string(step.now)});
    }
    void send(const auth::FindToken& step) {
        call(find_, step.sid, {std::to_string(step.now), step.jti});
    }
    // Redis sees to it by itself.
    void send(const auth::PurgeExpired&) {}

    StoreOutcome receive(const auth::BeginSession& step) {
        return {Answer(*redis_.receive()).kind(), step.session, step.token};
    }
    StoreOutcome receive(const auth::PurgeExpired&) { return {Kind::done, {}, {}}; }
    template <typename Step>
    StoreOutcome receive(const Step& step) {
        return outcome_of(*redis_.receive(), step.sid);
    }

    RedisConnection redis_;
    std::string begin_;
    std::string rotate_;
    std::string revoke_;
    std::string find_;
    milliseconds epoch_;
    std::string deadline_; // of the run, in milliseconds of Redis' clock
};

RedisStore::RedisStore(StoreAddress address) : address_(std::move(address)) {}

RedisStore::~RedisStore() = default;

void RedisStore::connect() {
    if (connection_) {
        return;
    }
    if (Clock::now() < try_after_) {
        throw auth::StoreError("Redis was not to be had a moment ago");
    }
    try {
        connection_ = std::make_unique<Connection>(address_);
        pause_ = {};
    } catch (...) {
        pause_ = std::clamp<Clock::duration>(2 * pause_, first_pause, longest_pause);
        try_after_ = Clock::now() + pause_;
        throw;
    }
}

std::vector<StoreOutcome> RedisStore::do_run(std::span<const auth::StoreStep> steps,
                                             Clock::time_point deadline) {
    connect();
    for (;;) {
        try {
            connect();
            return connection_->run(steps, deadline);
        } catch (const auth::StoreError&) {
            // Answers that were not read yet would be taken for others.
            connection_.reset();
            // Until then it matters to learn whether steps were done whose answers are lost.
            if (Clock::now() + margin >= deadline) {
                throw;
            }
        } catch (...) {
            connection_.reset();
            throw;
        }
        std::this_thread::sleep_until(std::max(try_after_, Clock::now() + first_pause));
    }
}

} // namespace sallyport::store
