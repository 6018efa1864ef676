#pragma once

#include <memory>
#include <unordered_set>
#include <vector>

namespace sallyport {

class Listener;

// Something that is waited for.
class Notifier {
  public:
    Notifier() = default;
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;
    virtual ~Notifier() = default;

  protected:
    // Each that waits hears of it once, and no longer waits for this notifier.
    void notify() noexcept;
    [[nodiscard]] bool is_awaited() const noexcept { return !waiting_.empty(); }

  private:
    friend class Listener;
    std::unordered_set<Listener*> waiting_;
};

// Waits for any number of notifiers, which live as long as it does. Of an exception nothing
// remains: either it waits for a notifier, and will hear of it, or it does not.
class Listener {
  public:
    Listener() = default;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    void wait_for(std::shared_ptr<Notifier> notifier);
    // Stops waiting.
    void leave() noexcept;
    // What was waited for has come, or failed to.
    [[nodiscard]] bool was_notified_by(const Notifier& notifier) const noexcept;

  protected:
    ~Listener() { leave(); }
    [[nodiscard]] bool waits() const noexcept { return !waited_for_.empty(); }

  private:
    friend class Notifier;
    void note_ready(const Notifier& notifier) noexcept;
    // There is news. Must not leave a notifier.
    virtual void on_ready() noexcept = 0;

    std::vector<std::shared_ptr<Notifier>> waited_for_;
    std::vector<std::shared_ptr<Notifier>> notified_by_; // has room for all that are waited for
};

} // namespace sallyport
