#pragma once

#include <memory>
#include <unordered_set>
#include <vector>

namespace sallyport {

class Wait;

// Something that is waited for.
class Supply {
  public:
    Supply() = default;
    Supply(const Supply&) = delete;
    Supply& operator=(const Supply&) = delete;
    virtual ~Supply() = default;

  protected:
    // Each that waits hears of it once, and no longer waits for this supply.
    void tell_waiters() noexcept;
    [[nodiscard]] bool is_awaited() const noexcept { return !waiting_.empty(); }

  private:
    friend class Wait;
    std::unordered_set<Wait*> waiting_;
};

// Waits for any number of supplies, which live as long as it does. Of an exception nothing remains:
// either it waits for a supply, and will hear of it, or it does not.
class Wait {
  public:
    Wait() = default;
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

    void wait_for(std::shared_ptr<Supply> supply);
    // Stops waiting.
    void leave() noexcept;
    // What was waited for has come, or failed to.
    [[nodiscard]] bool was_told_by(const Supply& supply) const noexcept;

  protected:
    ~Wait() { leave(); }
    [[nodiscard]] bool waits() const noexcept { return !waited_for_.empty(); }

  private:
    friend class Supply;
    void take_news(const Supply& supply) noexcept;
    // There is news. Must not leave a supply.
    virtual void hear() noexcept = 0;

    std::vector<std::shared_ptr<Supply>> waited_for_;
    std::vector<std::shared_ptr<Supply>> told_by_; // has room for all that are waited for
};

} // namespace sallyport
