#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "auth/password_trial.hpp"
#include "base/digest.hpp"
#include "base/secret.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// Whether a password is that of a user whose file has slow hashes. Requests that present the same
// credential share one check, and none is started for requests that have all gone.
class SlowHash : public Notifier {
  public:
    SlowHash(auth::PasswordTrial trial, std::string_view password)
        : trial_(std::move(trial)),
          password_(bytes(password)) {}

    // Compares with this hash, or with that of no user.
    [[nodiscard]] const std::optional<auth::PasswordHash>& hash() const noexcept {
        return trial_.hash();
    }
    // Nothing while it is not known. A check that failed is not one that found out.
    enum class Outcome { matches, differs, failed, not_begun };
    [[nodiscard]] std::optional<Outcome> outcome() const noexcept { return outcome_; }

  private:
    friend class SlowHashes;

    auth::PasswordTrial trial_;
    Secret password_; // read by a thread while the check runs, by nobody else
    std::optional<Outcome> outcome_;
};

// The checks of a worker. A few run at a time, on threads that use what is left of the
// processors, so that whoever has no password to check does not notice; the others stand in line,
// and the line has an end.
class SlowHashes : public std::enable_shared_from_this<SlowHashes> {
  public:
    static constexpr std::size_t default_queue_limit = 128;

    // How many may run at once, and stand in line.
    void limit(std::size_t running, std::size_t queued) noexcept;

    // The check of a credential, which `key` identifies: the one that is under way, or a new one.
    // Null when the line is full.
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
};

} // namespace sallyport::ngx
