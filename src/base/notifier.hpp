#pragma once

#include <memory>
#include <unordered_set>
#include <vector>

namespace sallyport {

class Listener;

// Something that listeners wait for: keys, a slow hash, an answer of the store.
class Notifier {
  public:
    Notifier() = default;
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;
    virtual ~Notifier() = default;

  protected:
    // Each listener is notified once, and no longer waits for this notifier.
    void notify() noexcept;
    [[nodiscard]] bool is_awaited() const noexcept { return !waiting_.empty(); }

  private:
    friend class Listener;
    std::unordered_set<Listener*> waiting_;
};

// Waits for any number of notifiers, and shares their ownership while it does. wait_for() has the
// strong exception guarantee: an exception leaves the listener as it was.
class Listener {
  public:
    Listener() = default;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    void wait_for(std::shared_ptr<Notifier> notifier);
    // Stops waiting for all of them.
    void leave() noexcept;
    // It was notified by this one, of success or failure.
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
    std::vector<std::shared_ptr<Notifier>> notified_by_; // has room for all that are waited for
};

} // namespace sallyport
