#include "store/redis_store.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <thread>

#include "store/redis_answer.hpp"
#include "store/redis_connection.hpp"
#include "store/redis_revocations.hpp"
#include "store/redis_scripts.hpp"
#include "store/redis_subjects.hpp"
#include "store/role_text.hpp"

namespace sallyport::store {
namespace {

using auth::StoreOutcome;
using Kind = StoreOutcome::Kind;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using Clock = auth::StoreClock;
using Outcomes = std::vector<std::optional<StoreOutcome>>;
using namespace std::chrono_literals;

constexpr auto first_pause = 50ms;
constexpr auto longest_pause = 1000ms;
constexpr auto margin = 500ms;

bool knows_any(const Outcomes& outcomes) noexcept {
    return std::any_of(outcomes.begin(), outcomes.end(),
                       [](const auto& outcome) { return outcome.has_value(); });
}

// Steps without an outcome have failed.
std::vector<StoreOutcome> all_or_failed(Outcomes outcomes, const std::string& why) {
    std::vector<StoreOutcome> all;
    for (auto& outcome : outcomes) {
        all.push_back(outcome ? std::move(*outcome) : failed_step(why));
    }
    return all;
}

} // namespace

// A connection whose server has our scripts loaded.
class RedisStore::Connection {
  public:
    explicit Connection(const StoreAddress& address)
        : redis_(address),
          subjects_(redis_),
          begin_(redis_.load(begin_script)),
          rotate_(redis_.load(rotate_script)),
          find_(redis_.load(find_script)),
          epoch_(clock_epoch()),
          revocations_(redis_) {}

    // Runs the steps that have no outcome yet.
    void run(std::span<const auth::StoreStep> steps, Outcomes& outcomes,
             Clock::time_point deadline) {
        redis_.set_patience(duration_cast<milliseconds>(deadline - Clock::now()));
        // The margin lets the reply arrive before the deadline.
        deadline_ = std::to_string(
            (epoch_ + duration_cast<milliseconds>((deadline - margin).time_since_epoch())).count());
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const std::size_t begin = i;
            while (i < steps.size() && !is_about_subject(steps[i])) {
                ++i;
            }
            run_together(steps, outcomes, begin, i);
            if (i < steps.size() && !outcomes[i]) {
                outcomes[i] = run_alone(steps[i]);
            }
        }
    }

  private:
    using RevokeSubject = auth::RevokeSubject;
    using ListSessions = auth::ListSessions;

    // These take several round trips.
    static bool is_about_subject(const auth::StoreStep& step) noexcept {
        return std::holds_alternative<RevokeSubject>(step) ||
               std::holds_alternative<ListSessions>(step);
    }
    StoreOutcome run_alone(const auth::StoreStep& step) {
        const auto* const list = std::get_if<ListSessions>(&step);
        return list != nullptr ? subjects_.list(*list, deadline_)
                               : subjects_.revoke(std::get<RevokeSubject>(step), deadline_);
    }

    void run_together(std::span<const auth::StoreStep> steps, Outcomes& outcomes, std::size_t begin,
                      std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            if (!outcomes[i]) {
                std::visit([this](const auto& one) { send(one); }, steps[i]);
            }
        }
        for (std::size_t i = begin; i < end; ++i) {
            if (!outcomes[i]) {
                outcomes[i] =
                    std::visit([this](const auto& one) { return receive(one); }, steps[i]);
            }
        }
    }

    // Sent before the session's own step, so that no session is missing from the list.
    void send_listing(const std::string& sid, const std::string& tenant, const std::string& subject,
                      std::int64_t now, std::int64_t ends_at) {
        subjects_.send_listing({sid, now, tenant, subject}, ends_at, deadline_);
    }

    // Receives the replies of a listing and of the step after it.
    template <typename Step>
    StoreOutcome receive_listed(const Step& step) {
        StoreOutcome listed = outcome_of_listing(*redis_.receive());
        StoreOutcome outcome = outcome_of(*redis_.receive(), step);
        return listed.kind == Kind::failed ? std::move(listed) : std::move(outcome);
    }

    // The difference between the clock of Redis and ours.
    milliseconds clock_epoch() {
        constexpr int thousand = 1000;
        constexpr std::int64_t latest = std::int64_t{1} << 40;
        const std::array<std::string_view, 1> command{"TIME"};
        const RedisReply reply = redis_.ask(command);
        const bool is_pair = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2;
        const auto seconds = is_pair ? number_of(*reply->element[0]) : std::nullopt;
        const auto microseconds = is_pair ? number_of(*reply->element[1]) : std::nullopt;
        if (!seconds || !microseconds || *seconds < 0 || *seconds > latest || *microseconds < 0) {
            throw auth::StoreError("Redis sent an invalid reply to TIME");
        }
        return milliseconds(*seconds * thousand + *microseconds / thousand) -
               duration_cast<milliseconds>(Clock::now().time_since_epoch());
    }

    void call(std::string_view script, const std::string& sid,
              std::initializer_list<std::string> arguments) {
        const std::string key = session_key(sid);
        redis_.call(script, {{key}}, arguments, deadline_);
    }

    void send(const auth::BeginSession& step) {
        const auth::Session& s = step.session;
        send_listing(s.sid, s.tenant, s.subject, s.created_at, s.ends_at);
        call(begin_, s.sid,
             {std::to_string(s.created_at), s.subject, s.tenant, join_roles(s.roles),
              std::to_string(s.ends_at), step.token.jti, std::to_string(step.token.expires_at),
              s.client});
    }
    void send(const auth::RotateToken& step) {
        const std::int64_t now = step.next.created_at;
        const auto renewal = step.renewal.value_or(auth::RotateToken::Renewal{});
        if (step.renewal) {
            send_listing(step.sid, renewal.tenant, renewal.subject, now, renewal.ends_at);
        }
        call(rotate_, step.sid,
             {std::to_string(now), step.jti, step.next.jti, std::to_string(step.next.expires_at),
              std::to_string(step.reuse_window),
              step.renewal ? std::to_string(renewal.ends_at) : "", renewal.tenant,
              join_roles(renewal.roles)});
    }
    void send(const auth::RevokeSession& step) { subjects_.send_revocation(step, deadline_); }
    void send(const RevokeSubject&) {} // see run_alone
    void send(const ListSessions&) {}
    void send(const auth::FindToken& step) {
        call(find_, step.sid, {std::to_string(step.now), step.jti});
    }
    // Redis expires keys itself, and revocations are removed as others are added.
    void send(const auth::PurgeExpired&) {}
    void send(const auth::AddRevocations& step) { revocations_.send(step, deadline_); }
    void send(const auth::RemoveRevocation& step) { revocations_.send(step, deadline_); }
    void send(const auth::ReadRevocations& step) { revocations_.send(step, deadline_); }

    StoreOutcome receive(const auth::BeginSession& step) { return receive_listed(step); }
    StoreOutcome receive(const auth::RotateToken& step) {
        return step.renewal ? receive_listed(step) : outcome_of(*redis_.receive(), step);
    }
    StoreOutcome receive(const RevokeSubject&) { return {}; } // see run_alone
    StoreOutcome receive(const ListSessions&) { return {}; }
    StoreOutcome receive(const auth::PurgeExpired&) { return {Kind::done, {}, {}}; }
    template <typename Step>
    StoreOutcome receive(const Step& step) {
        return outcome_of(*redis_.receive(), step);
    }

    RedisConnection redis_;
    RedisSubjects subjects_;
    std::string begin_;
    std::string rotate_;
    std::string find_;
    milliseconds epoch_;
    RedisRevocations revocations_;
    std::string deadline_; // of the run, in milliseconds of the Redis clock
};

RedisStore::RedisStore(StoreAddress address) : address_(std::move(address)) {}

RedisStore::~RedisStore() = default;

void RedisStore::connect() {
    if (connection_) {
        return;
    }
    if (Clock::now() < try_after_) {
        throw auth::StoreError("Redis was unavailable a moment ago");
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
    Outcomes outcomes(steps.size());
    for (;;) {
        try {
            connect();
            connection_->run(steps, outcomes, deadline);
            return all_or_failed(std::move(outcomes), {});
        } catch (const auth::StoreError& error) {
            // Replies that are still unread would be mistaken for later ones.
            connection_.reset();
            // Before the deadline, retry: it shows whether steps with lost replies were done.
            if (Clock::now() + margin >= deadline) {
                if (!knows_any(outcomes)) {
                    throw;
                }
                return all_or_failed(std::move(outcomes), error.what());
            }
        } catch (...) {
            connection_.reset();
            throw;
        }
        std::this_thread::sleep_until(std::max(try_after_, Clock::now() + first_pause));
    }
}

} // namespace sallyport::store
