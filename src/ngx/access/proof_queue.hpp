#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/notifier.hpp"
#include "base/result.hpp"
#include "ngx/ngx.hpp"
#include "store/redis_proofs.hpp"

namespace sallyport::ngx {

// The use of one proof, and its outcome.
class ProofUse : public Notifier {
  public:
    enum class Outcome : std::uint8_t {
        added,
        used,
        failed,
        dropped, // nobody waited, and nothing was recorded: it may be used anew
    };

    explicit ProofUse(const store::RedisProofs::Use& use) : use_(use) {}

    // Nothing while it is pending.
    [[nodiscard]] std::optional<Outcome> outcome() const noexcept { return outcome_; }

  private:
    friend class ProofQueue;

    store::RedisProofs::Use use_;
    auth::StoreClock::time_point deadline_;
    std::optional<Outcome> outcome_;
};

// Passes the proofs of a worker's requests to the Redis that remembers them for all machines. While
// a thread records one batch, further proofs queue and form the next. A proof is dropped, and not
// used up, if its request ends before. Each has its own deadline, which holds even if the thread
// hangs.
class ProofQueue : public std::enable_shared_from_this<ProofQueue> {
  public:
    explicit ProofQueue(const store::StoreAddress& address);
    ProofQueue(const ProofQueue&) = delete;
    ProofQueue& operator=(const ProofQueue&) = delete;
    ~ProofQueue();

    // The caller waits for it.
    std::shared_ptr<ProofUse> use(const store::RedisProofs::Use& use);

  private:
    using Uses = std::vector<std::shared_ptr<ProofUse>>;
    using Firsts = std::vector<bool>;

    void start();
    [[nodiscard]] bool launch();
    void finish(const Result<Firsts>& firsts);
    void give_up_late();
    void set_timer();
    void fail_all() noexcept;
    static void settle(ProofUse& use, ProofUse::Outcome outcome) noexcept;

    std::shared_ptr<store::RedisProofs> proofs_; // used by the thread while a batch runs
    std::deque<std::shared_ptr<ProofUse>> waiting_;
    Uses running_;
    ngx_event_t start_{};
    ngx_event_t timeout_{};
};

} // namespace sallyport::ngx
