#include "ngx/access/slow_hashes.hpp"

#include <utility>

#include "ngx/runtime/background.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/metrics.hpp"

namespace sallyport::ngx {
namespace {

// Called on one of nginx's threads, which waits for a thread with idle priority. It must not have
// that priority itself: it shares locks with the event loop, and would hold them while it does not
// run. A merely low priority is not enough, since such a thread keeps the processor for
// milliseconds once it runs.
Result<bool> match(IdleThreads& threads, const auth::PasswordTrial& trial,
                   std::string_view password) {
    Result<bool> outcome = failure("did not run");
    auto work = [&]() -> Result<bool> { return trial.matches(password); };
    threads.run([&] { outcome = sallyport::outcome_of(work); });
    return outcome;
}

SlowHash::Outcome outcome_of(const Result<bool>& matches) {
    if (!matches) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "sallyport: a password check failed: %s",
                      matches.error().c_str());
        return SlowHash::Outcome::failed;
    }
    return *matches ? SlowHash::Outcome::matches : SlowHash::Outcome::differs;
}

} // namespace

void SlowHashes::limit(std::size_t running, std::size_t queued) noexcept {
    running_limit_ = running;
    queue_limit_ = queued;
}

std::shared_ptr<SlowHash> SlowHashes::join(const Digest& key, auth::PasswordTrial trial,
                                           std::string_view password) {
    if (const auto found = current_.find(key);
        found != current_.end() && found->second->hash() == trial.hash()) {
        return found->second;
    }
    Waiting one{key, std::make_shared<SlowHash>(std::move(trial), password)};
    if (running_ < running_limit_) {
        if (!start(one)) {
            return nullptr;
        }
    } else {
        if (queue_.size() >= queue_limit_) {
            std::erase_if(queue_, [&](const Waiting& other) {
                const bool gone = !other.check->is_awaited();
                if (gone) {
                    forget(other);
                }
                return gone;
            });
        }
        if (queue_.size() >= queue_limit_) {
            count(metrics::Count::hash_rejected);
            return nullptr;
        }
        queue_.push_back(one);
        report_queue();
    }
    current_[key] = one.check;
    return one.check;
}

bool SlowHashes::start(const Waiting& next) {
    const bool started = try_in_background(
        [check = next.check, threads = threads_] {
            return match(*threads, check->trial_, text(check->password_.view()));
        },
        [self = weak_from_this(), next](const Result<bool>& matches) {
            if (const auto checks = self.lock()) {
                checks->finish(next, outcome_of(matches));
            }
        });
    running_ += started ? 1 : 0;
    return started;
}

void SlowHashes::finish(const Waiting& done, SlowHash::Outcome outcome) {
    --running_;
    done.check->outcome_ = outcome;
    if (outcome == SlowHash::Outcome::matches || outcome == SlowHash::Outcome::differs) {
        count(outcome == SlowHash::Outcome::matches ? metrics::Count::hash_matched
                                                    : metrics::Count::hash_mismatched);
    }
    forget(done);
    done.check->notify();
    start_queued();
}

// Requests that wait must be notified, whatever went wrong.
bool SlowHashes::starts(const Waiting& next) noexcept {
    return guard(ngx_cycle->log, "slow check", false, [&] { return start(next); });
}

void SlowHashes::start_queued() {
    while (running_ < running_limit_ && !queue_.empty()) {
        const Waiting next = std::move(queue_.front());
        queue_.pop_front();
        if (!next.check->is_awaited()) {
            forget(next);
        } else if (!starts(next)) {
            next.check->outcome_ = SlowHash::Outcome::not_begun;
            count(metrics::Count::hash_rejected);
            forget(next);
            next.check->notify();
        }
    }
    report_queue();
}

void SlowHashes::report_queue() const noexcept {
    if (metrics::Recorder* const recorder = metrics_recorder()) {
        recorder->password_queue(queue_.size());
    }
}

void SlowHashes::forget(const Waiting& one) {
    const auto found = current_.find(one.key);
    if (found != current_.end() && found->second == one.check) {
        current_.erase(found);
    }
}

} // namespace sallyport::ngx
