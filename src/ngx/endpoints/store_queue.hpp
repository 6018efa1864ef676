#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "auth/token_store.hpp"
#include "base/result.hpp"
#include "metrics/counters.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// A step that the store is asked for.
class StoreCall : public Notifier {
  public:
    using Tell = std::function<void(const auth::StoreOutcome&)>;

    explicit StoreCall(auth::StoreStep step) : step_(std::move(step)) {}
    StoreCall(const StoreCall&) = delete;
    StoreCall& operator=(const StoreCall&) = delete;
    ~StoreCall() override { tell(); }

    // Nothing while it is not known. A failure is logged, and may have done the step.
    [[nodiscard]] const std::optional<Result<auth::StoreOutcome>>& outcome() noexcept {
        if (outcome_ && *outcome_) {
            tell_ = nullptr;
        }
        return outcome_;
    }
    // Called with what was done when nobody has read that from outcome(): the client has left, or
    // was answered that the store does not answer.
    void on_abandoned(Tell tell) { tell_ = std::move(tell); }

  private:
    friend class StoreQueue;

    void tell() noexcept;

    auth::StoreStep step_;
    bool wanted_by_all_ = false; // and not only by requests that wait
    auth::StoreClock::time_point deadline_;
    std::optional<Result<auth::StoreOutcome>> outcome_;
    Tell tell_;
};

// The way from a worker to its store. While a thread is at work for some, others gather, and then
// go together: one commit of SQLite or one round trip to Redis serves them all. A request that has
// gone before its turn is left out, so that nothing of it is spent. Each call has its own deadline:
// one whose batch was late for an older call is in the next batch again.
class StoreQueue : public std::enable_shared_from_this<StoreQueue> {
  public:
    StoreQueue(std::unique_ptr<auth::TokenStore> store, metrics::StoreKind kind);
    StoreQueue(const StoreQueue&) = delete;
    StoreQueue& operator=(const StoreQueue&) = delete;
    ~StoreQueue();

    std::shared_ptr<StoreCall> ask(auth::StoreStep step);
    // Removes what has expired: soon, so that a store that does not work is in the log from the
    // start, and then again and again.
    void purge_regularly();

  private:
    using Calls = std::vector<std::shared_ptr<StoreCall>>;

    void start();
    void purge();
    [[nodiscard]] bool launch();
    void give_up_late();
    void give_up(StoreCall& call, const char* reason) noexcept;
    void settle(StoreCall& call, Result<auth::StoreOutcome> outcome);
    void fail(StoreCall& call) noexcept;
    [[nodiscard]] bool ask_again(const std::shared_ptr<StoreCall>& call,
                                 auth::StoreClock::time_point late);
    void finish(Result<std::vector<auth::StoreOutcome>> outcomes);
    void set_timer();
    void count(const StoreCall& call, bool ok) const noexcept;

    std::shared_ptr<auth::TokenStore> store_; // of the thread, while it runs
    metrics::StoreKind kind_;
    std::deque<std::shared_ptr<StoreCall>> waiting_;
    Calls running_;
    std::shared_ptr<StoreCall> purge_;
    ngx_event_t start_{};
    ngx_event_t timeout_{};
    ngx_event_t purge_timer_{};
};

} // namespace sallyport::ngx
