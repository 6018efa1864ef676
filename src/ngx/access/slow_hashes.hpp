#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "auth/password_trial.hpp"
#include "base/digest.hpp"
#include "base/idle_threads.hpp"
#include "base/secret.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// The comparison of a password with a slow hash. Requests that present the same credential share
// one; it is not started if all of them have ended.
class SlowHash : public Notifier {
  public:
    SlowHash(auth::PasswordTrial trial, std::string_view password)
        : trial_(std::move(trial)),
          password_(bytes(password)) {}

    // The hash to compare with; nothing for an unknown user.
    [[nodiscard]] const std::optional<auth::PasswordHash>& hash() const noexcept {
        return trial_.hash();
    }
    // Nothing until it is known. A check that failed says nothing about the password.
    enum class Outcome { matches, differs, failed, not_begun };
    [[nodiscard]] std::optional<Outcome> outcome() const noexcept { return outcome_; }

  private:
    friend class SlowHashes;

    auth::PasswordTrial trial_;
    Secret password_; // read only by the thread that runs the check
    std::optional<Outcome> outcome_;
};

// The slow hashes of a worker. A few run at a time, on threads with idle priority, so that they do
// not delay other requests. The others wait in a bounded queue.
class SlowHashes : public std::enable_shared_from_this<SlowHashes> {
  public:
    static constexpr std::size_t default_queue_limit = 128;

    // How many may run at once, and wait in the queue.
    void limit(std::size_t running, std::size_t queued) noexcept;

    // The check of the credential that `key` identifies: the current one, or a new one. Null if the
    // queue is full.
    std::shared_ptr<SlowHash> join(const Digest& key, auth::PasswordTrial trial,
                                   std::string_view password);

  private:
    struct Waiting {
        Digest key;
        std::shared_ptr<SlowHash> check;
    };

    [[nodiscard]] bool start(const Waiting& next);
    [[nodiscard]] bool starts(const Waiting& next) noexcept;
    void start_queued();
    void forget(const Waiting& one);
    void report_queue() const noexcept;
    void finish(const Waiting& done, SlowHash::Outcome outcome);

    std::size_t running_limit_ = 1;
    std::size_t queue_limit_ = default_queue_limit;
    std::size_t running_ = 0;
    std::unordered_map<Digest, std::shared_ptr<SlowHash>, DigestHash> current_;
    std::deque<Waiting> queue_;
    // Each task has a share, since it may outlive this.
    std::shared_ptr<IdleThreads> threads_ = std::make_shared<IdleThreads>();
};

} // namespace sallyport::ngx
