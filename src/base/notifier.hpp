#pragma once

#include <memory>
#include <unordered_set>
#include <vector>

namespace sallyport {

class Listener;

// An event that listeners wait for: keys, a slow hash, an answer of the store.
class Notifier {
  public:
    Notifier() = default;
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;
    virtual ~Notifier() = default;

  protected:
    // Notifies each listener once and removes it.
    void notify() noexcept;
    [[nodiscard]] bool is_awaited() const noexcept { return !waiting_.empty(); }

  private:
    friend class Listener;
    std::unordered_set<Listener*> waiting_;
};

// Waits for any number of notifiers and shares their ownership until then. wait_for() has the
// strong exception guarantee: after an exception, the listener is unchanged.
class Listener {
  public:
    Listener() = default;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    void wait_for(std::shared_ptr<Notifier> notifier);
    // Stops waiting.
    void leave() noexcept;
    // Whether this notifier has notified the listener, of success or failure.
    [[nodiscard]] bool was_notified_by(const Notifier& notifier) const noexcept;

  protected:
    ~Listener() { leave(); }
    [[nodiscard]] bool waits() const noexcept { return !waited_for_.empty(); }

  private:
    friend class Notifier;
    void note_ready(const Notifier& notifier) noexcept;
    // Called for each notification. Must not call leave().
    virtual void on_ready() noexcept = 0;

    std::vector<std::shared_ptr<Notifier>> waited_for_;
    std::vector<std::shared_ptr<Notifier>> notified_by_; // has capacity for all that are waited for
};

} // namespace sallyport
