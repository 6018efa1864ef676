#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/token_store.hpp"
#include "base/result.hpp"
#include "metrics/counters.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// One step for the store, and its outcome.
class StoreCall : public Notifier {
  public:
    using Tell = std::function<void(const auth::StoreOutcome&)>;

    explicit StoreCall(auth::StoreStep step) : step_(std::move(step)) {}
    StoreCall(const StoreCall&) = delete;
    StoreCall& operator=(const StoreCall&) = delete;
    ~StoreCall() override { tell(); }

    // Nothing while the step is pending. A failed step is logged, and may have been done.
    [[nodiscard]] const std::optional<Result<auth::StoreOutcome>>& outcome() noexcept {
        if (outcome_ && *outcome_) {
            tell_ = nullptr;
        }
        return outcome_;
    }
    // `tell` is called with the outcome if no request reads it from outcome(): the client has
    // disconnected, or has already received an error.
    void on_abandoned(Tell tell) { tell_ = std::move(tell); }
    // The step is executed even if its request ends before.
    void run_anyway() noexcept { runs_anyway_ = true; }

  private:
    friend class StoreQueue;

    void tell() noexcept;

    auth::StoreStep step_;
    bool wanted_by_all_ = false; // even if no request waits for it
    bool runs_anyway_ = false;
    auth::StoreClock::time_point deadline_;
    std::optional<Result<auth::StoreOutcome>> outcome_;
    Tell tell_;
};

// Passes the steps of a worker's requests to its store. While a thread runs one batch, new steps
// queue and form the next: one SQLite commit or one Redis round trip serves all of them. A step is
// dropped if its request ends before the batch starts, so that its token is not spent, unless it
// must run anyway. Each step has its own deadline: if a batch times out because of an older step,
// the others are queued again.
class StoreQueue : public std::enable_shared_from_this<StoreQueue> {
  public:
    StoreQueue(std::unique_ptr<auth::TokenStore> store, metrics::StoreKind kind);
    StoreQueue(const StoreQueue&) = delete;
    StoreQueue& operator=(const StoreQueue&) = delete;
    ~StoreQueue();

    std::shared_ptr<StoreCall> ask(auth::StoreStep step);
    // For a step that no request waits for. If such steps fail again and again, only the first
    // failure is logged.
    std::shared_ptr<StoreCall> ask_for_all(auth::StoreStep step);
    // In a worker that does not serve requests yet: executes a step and waits for it. Logs a
    // failure and returns nothing then.
    std::optional<auth::StoreOutcome> run_at_start(const auth::StoreStep& step,
                                                   auth::StoreClock::time_point deadline);
    // Purges expired sessions at regular intervals. The first purge runs soon after the start, so
    // that a broken store is logged at once.
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
    void log_error(const std::string& error, bool is_for_all) noexcept;
    void set_timer();
    void count(const StoreCall& call, bool ok) const noexcept;

    std::shared_ptr<auth::TokenStore> store_; // used by the thread while a batch runs
    metrics::StoreKind kind_;
    std::deque<std::shared_ptr<StoreCall>> waiting_;
    Calls running_;
    std::shared_ptr<StoreCall> purge_;
    bool is_failing_ = false; // so far, and this was logged
    ngx_event_t start_{};
    ngx_event_t timeout_{};
    ngx_event_t purge_timer_{};
};

} // namespace sallyport::ngx
