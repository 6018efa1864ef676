#include "ngx/endpoints/store_queue.hpp"

#include <algorithm>
#include <utility>

#include "ngx/runtime/background.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/metrics.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::size_t most_at_once = 256;
// Stores keep the deadline themselves; a store that hangs gets this much longer.
constexpr std::chrono::milliseconds grace{500};
constexpr ngx_msec_t purge_interval = 60'000;
constexpr ngx_msec_t purge_pause = 100; // while there is more to remove

using Outcomes = std::vector<auth::StoreOutcome>;

bool is_late(auth::StoreClock::time_point deadline) noexcept {
    return auth::StoreClock::now() >= deadline;
}

bool has_failed(const auth::StoreOutcome& outcome) noexcept {
    return outcome.kind == auth::StoreOutcome::Kind::failed;
}

// Empty text: all steps succeeded.
std::string first_error(const Result<Outcomes>& outcomes) {
    if (!outcomes) {
        return outcomes.error();
    }
    const auto found = std::find_if(outcomes->begin(), outcomes->end(), has_failed);
    return found == outcomes->end() ? std::string() : found->error;
}

Result<auth::StoreOutcome> outcome_of(Result<Outcomes>& outcomes, std::size_t i) {
    if (!outcomes) {
        return failure(outcomes.error());
    }
    if (has_failed((*outcomes)[i])) {
        return failure((*outcomes)[i].error);
    }
    return std::move((*outcomes)[i]);
}

} // namespace

void StoreCall::tell() noexcept {
    if (tell_ && outcome_ && *outcome_) {
        guard(ngx_cycle->log, "token store", [&] { std::exchange(tell_, nullptr)(**outcome_); });
    }
}

StoreQueue::StoreQueue(std::unique_ptr<auth::TokenStore> store, metrics::StoreKind kind)
    : store_(std::move(store)),
      kind_(kind) {
    start_.handler = event_callback<"token store", &StoreQueue::start>;
    timeout_.handler = event_callback<"token store", &StoreQueue::give_up_late>;
    purge_timer_.handler = event_callback<"token store", &StoreQueue::purge>;
    start_.data = timeout_.data = purge_timer_.data = this;
    start_.log = timeout_.log = purge_timer_.log = ngx_cycle->log;
    purge_timer_.cancelable = 1;
}

StoreQueue::~StoreQueue() {
    if (start_.posted) {
        ngx_delete_posted_event(&start_);
    }
    for (ngx_event_t* const timer : {&timeout_, &purge_timer_}) {
        if (timer->timer_set) {
            ngx_del_timer(timer);
        }
    }
}

std::shared_ptr<StoreCall> StoreQueue::ask(auth::StoreStep step) {
    auto call = std::make_shared<StoreCall>(std::move(step));
    call->deadline_ = auth::StoreClock::now() + auth::store_patience;
    waiting_.push_back(call);
    if (running_.empty() && !start_.posted) {
        ngx_post_event(&start_, &ngx_posted_events);
    }
    set_timer();
    return call;
}

std::shared_ptr<StoreCall> StoreQueue::ask_for_all(auth::StoreStep step) {
    auto call = ask(std::move(step));
    call->wanted_by_all_ = true;
    return call;
}

std::optional<auth::StoreOutcome> StoreQueue::run_at_start(const auth::StoreStep& step,
                                                           auth::StoreClock::time_point deadline) {
    std::string error;
    try {
        auto outcome = store_->run({&step, 1}, deadline).front();
        if (!has_failed(outcome)) {
            return outcome;
        }
        error = outcome.error;
    } catch (const auth::StoreError& e) {
        error = e.what();
    }
    log_error(error, true);
    return std::nullopt;
}

void StoreQueue::purge_regularly() {
    ngx_add_timer(&purge_timer_, purge_pause);
}

void StoreQueue::purge() {
    ngx_add_timer(&purge_timer_, purge_interval); // before this purge, which may throw
    purge_ = ask_for_all(auth::PurgeExpired{ngx_time()});
}

void StoreQueue::start() {
    if (!running_.empty()) {
        return;
    }
    const bool started = guard(ngx_cycle->log, "token store", false, [&] { return launch(); });
    if (started) {
        return;
    }
    if (running_.empty()) { // launch() had no memory to take the first step
        fail(*std::exchange(waiting_.front(), nullptr));
        waiting_.pop_front();
    }
    finish(failure("no free thread")); // so short that it needs no memory
}

// Starts a thread for the queued steps. Also true when nothing is queued.
bool StoreQueue::launch() {
    std::vector<auth::StoreStep> steps;
    while (!waiting_.empty() && steps.size() < most_at_once) {
        const auto& call = waiting_.front();
        if (call->is_awaited() || call->wanted_by_all_ || call->runs_anyway_) {
            steps.push_back(call->step_);
            running_.push_back(call);
        }
        waiting_.pop_front();
    }
    if (running_.empty()) {
        return true;
    }
    return try_in_background(
        [store = store_, steps = std::move(steps), deadline = running_.front()->deadline_]()
            -> Result<Outcomes> { return store->run(steps, deadline); },
        [self = weak_from_this()](Result<Outcomes> outcomes) {
            if (const auto queue = self.lock()) {
                queue->finish(std::move(outcomes));
            }
        });
}

void StoreQueue::finish(Result<Outcomes> outcomes) {
    const Calls calls = std::exchange(running_, {});
    guard(ngx_cycle->log, "token store", [&] {
        log_error(first_error(outcomes),
                  std::all_of(calls.begin(), calls.end(),
                              [](const auto& call) { return call->wanted_by_all_; }));
    });
    // Backwards, so that steps that are queued again keep their order.
    for (std::size_t i = calls.size(); i-- > 0;) {
        const bool known = guard(ngx_cycle->log, "token store", false, [&] {
            auto outcome = outcome_of(outcomes, i);
            if (outcome || !ask_again(calls[i], calls.front()->deadline_)) {
                settle(*calls[i], std::move(outcome));
            }
            return true;
        });
        if (!known) {
            fail(*calls[i]);
        }
    }
    if (!waiting_.empty() && !start_.posted) {
        ngx_post_event(&start_, &ngx_posted_events);
    }
    set_timer();
}

void StoreQueue::log_error(const std::string& error, bool is_for_all) noexcept {
    if (!error.empty() && !(is_failing_ && is_for_all)) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "sallyport: the token store failed: %s",
                      error.c_str());
    }
    is_failing_ = !error.empty();
}

// Queues a step again if it has time left and its batch timed out. A step that was done has the
// same outcome the second time.
bool StoreQueue::ask_again(const std::shared_ptr<StoreCall>& call,
                           auth::StoreClock::time_point late) {
    if (call->outcome_ || call->deadline_ <= late || is_late(call->deadline_) ||
        !is_late(late - grace)) {
        return false;
    }
    waiting_.push_front(call);
    return true;
}

// Allocates nothing.
void StoreQueue::fail(StoreCall& call) noexcept {
    if (!call.outcome_) {
        count(call, false);
        call.outcome_.emplace(failure("failed"));
        call.notify();
    }
}

// Counts the steps that requests asked for, and their waiting time.
void StoreQueue::count(const StoreCall& call, bool ok) const noexcept {
    metrics::Recorder* const recorder = metrics_recorder();
    if (recorder != nullptr && !call.wanted_by_all_) {
        const auto asked = call.deadline_ - auth::store_patience;
        const auto took =
            std::chrono::duration_cast<std::chrono::microseconds>(auth::StoreClock::now() - asked);
        recorder->store_request(kind_, ok, static_cast<std::uint64_t>(took.count()));
    }
}

void StoreQueue::settle(StoreCall& call, Result<auth::StoreOutcome> outcome) {
    if (call.outcome_) {
        // The client already has an error; the outcome is only audited.
        call.outcome_.emplace(std::move(outcome));
        call.tell();
        return;
    }
    count(call, outcome.has_value());
    if (purge_.get() == &call) {
        if (outcome && outcome->kind == auth::StoreOutcome::Kind::repeated) {
            ngx_add_timer(&purge_timer_, purge_pause);
        }
    }
    call.outcome_.emplace(std::move(outcome));
    call.notify();
}

void StoreQueue::give_up(StoreCall& call, const char* reason) noexcept {
    const bool settled = guard(ngx_cycle->log, "token store", false, [&] {
        settle(call, failure(reason));
        return true;
    });
    if (!settled) {
        fail(call);
    }
}

// The thread may still execute a step that is given up here.
void StoreQueue::give_up_late() {
    while (!waiting_.empty() && is_late(waiting_.front()->deadline_)) {
        const auto call = std::move(waiting_.front());
        waiting_.pop_front();
        give_up(*call, "did not start a step in time");
    }
    for (const auto& call : running_) {
        if (is_late(call->deadline_ + grace)) {
            give_up(*call, "did not answer in time");
        }
    }
    set_timer();
}

void StoreQueue::set_timer() {
    const auto first = std::find_if(running_.begin(), running_.end(),
                                    [](const auto& call) { return !call->outcome_; });
    if (first == running_.end() && waiting_.empty()) {
        if (timeout_.timer_set) {
            ngx_del_timer(&timeout_);
        }
        return;
    }
    const auto next =
        first != running_.end() ? (*first)->deadline_ + grace : waiting_.front()->deadline_;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(next - auth::StoreClock::now());
    ngx_add_timer(&timeout_, static_cast<ngx_msec_t>(std::max<std::int64_t>(left.count() + 1, 1)));
}

} // namespace sallyport::ngx
