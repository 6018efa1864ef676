#include "ngx/access/proof_queue.hpp"

#include <algorithm>
#include <utility>

#include "ngx/runtime/background.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/metrics.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::size_t most_at_once = 256;
constexpr std::chrono::seconds batch_patience{2};

// Counts a request to the store, which began store_patience before its deadline.
void count_request(bool ok, auth::StoreClock::time_point deadline) noexcept {
    if (metrics::Recorder* const recorder = metrics_recorder()) {
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
            auth::StoreClock::now() - (deadline - auth::store_patience));
        recorder->store_request(metrics::StoreKind::redis, ok,
                                static_cast<std::uint64_t>(took.count()));
    }
}

} // namespace

ProofQueue::ProofQueue(const store::StoreAddress& address)
    : proofs_(std::make_shared<store::RedisProofs>(address)) {
    start_.handler = event_callback<"proofs", &ProofQueue::start>;
    timeout_.handler = event_callback<"proofs", &ProofQueue::give_up_late>;
    start_.data = timeout_.data = this;
    start_.log = timeout_.log = ngx_cycle->log;
}

ProofQueue::~ProofQueue() {
    if (start_.posted) {
        ngx_delete_posted_event(&start_);
    }
    if (timeout_.timer_set) {
        ngx_del_timer(&timeout_);
    }
}

std::shared_ptr<ProofUse> ProofQueue::use(const store::RedisProofs::Use& use) {
    auto added = std::make_shared<ProofUse>(use);
    added->deadline_ = auth::StoreClock::now() + auth::store_patience;
    waiting_.push_back(added);
    if (running_.empty() && !start_.posted) {
        ngx_post_event(&start_, &ngx_posted_events);
    }
    set_timer();
    return added;
}

void ProofQueue::start() {
    if (!guard(ngx_cycle->log, "proofs", false, [&] { return launch(); })) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "sallyport: no thread is free to record DPoP proofs");
        fail_all();
    }
}

// Starts a thread for the queued proofs. Also true when there is nothing to do.
bool ProofQueue::launch() {
    if (!running_.empty()) {
        return true;
    }
    give_up_late();
    std::vector<store::RedisProofs::Use> uses;
    // Nothing below may throw, or a proof that was taken would never be settled.
    uses.reserve(std::min(waiting_.size(), most_at_once));
    running_.reserve(uses.capacity());
    while (!waiting_.empty() && uses.size() < most_at_once) {
        const auto use = std::move(waiting_.front());
        waiting_.pop_front();
        if (!use->is_awaited()) {
            settle(*use, ProofUse::Outcome::dropped);
        } else {
            running_.push_back(use);
            uses.push_back(use->use_);
        }
    }
    if (running_.empty()) {
        set_timer();
        return true;
    }
    return try_in_background(
        [proofs = proofs_, uses = std::move(uses)]() -> Result<Firsts> {
            return proofs->use(uses, auth::StoreClock::now() + batch_patience);
        },
        [self = weak_from_this()](const Result<Firsts>& firsts) {
            if (const auto queue = self.lock()) {
                queue->finish(firsts);
            }
        });
}

void ProofQueue::finish(const Result<Firsts>& firsts) {
    using enum ProofUse::Outcome;
    const Uses uses = std::exchange(running_, {});
    if (!firsts) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "sallyport: the token store failed to record DPoP proofs: %s",
                      firsts.error().c_str());
    }
    for (std::size_t i = 0; i < uses.size(); ++i) {
        settle(*uses[i], !firsts ? failed : (*firsts)[i] ? added : used);
    }
    if (!waiting_.empty() && !start_.posted) {
        ngx_post_event(&start_, &ngx_posted_events);
    }
    set_timer();
}

// The thread may still record a proof that is given up here.
void ProofQueue::give_up_late() {
    const auto now = auth::StoreClock::now();
    bool gave_up = false;
    const auto give_up = [&](ProofUse& use) {
        gave_up = gave_up || !use.outcome_;
        settle(use, ProofUse::Outcome::failed);
    };
    for (; !waiting_.empty() && waiting_.front()->deadline_ <= now; waiting_.pop_front()) {
        give_up(*waiting_.front());
    }
    for (const auto& use : running_) {
        if (use->deadline_ <= now) {
            give_up(*use);
        }
    }
    if (gave_up) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "sallyport: the token store did not record DPoP proofs in time");
    }
    set_timer();
}

void ProofQueue::set_timer() {
    const auto first = std::find_if(running_.begin(), running_.end(),
                                    [](const auto& use) { return !use->outcome_; });
    if (first == running_.end() && waiting_.empty()) {
        if (timeout_.timer_set) {
            ngx_del_timer(&timeout_);
        }
        return;
    }
    const auto& next = first != running_.end() ? *first : waiting_.front();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        next->deadline_ - auth::StoreClock::now());
    ngx_add_timer(&timeout_, static_cast<ngx_msec_t>(std::max<std::int64_t>(left.count() + 1, 1)));
}

// Allocates nothing.
void ProofQueue::fail_all() noexcept {
    for (const auto& use : std::exchange(running_, {})) {
        settle(*use, ProofUse::Outcome::failed);
    }
    for (; !waiting_.empty(); waiting_.pop_front()) {
        settle(*waiting_.front(), ProofUse::Outcome::failed);
    }
    set_timer();
}

// The first outcome counts: a request may already have been answered.
void ProofQueue::settle(ProofUse& use, ProofUse::Outcome outcome) noexcept {
    if (use.outcome_) {
        return;
    }
    if (outcome != ProofUse::Outcome::dropped) {
        count_request(outcome != ProofUse::Outcome::failed, use.deadline_);
    }
    use.outcome_ = outcome;
    use.notify();
}

} // namespace sallyport::ngx
