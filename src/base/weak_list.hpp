#pragma once

#include <algorithm>
#include <memory>
#include <vector>

namespace sallyport {

// Knows objects that others own, for as long as they live.
template <typename T>
class WeakList {
  public:
    void push_back(const std::shared_ptr<T>& object) {
        // Now and then, so that it costs little and the list does not grow for ever.
        if (list_.size() >= 2 * alive_) {
            std::erase_if(list_, [](const std::weak_ptr<T>& one) { return one.expired(); });
            alive_ = std::max(list_.size(), least);
        }
        list_.push_back(object);
    }
    template <typename Visit>
    void each(Visit&& visit) const {
        for (const std::weak_ptr<T>& one : list_) {
            if (const auto object = one.lock()) {
                visit(*object);
            }
        }
    }

  private:
    static constexpr std::size_t least = 64;

    std::vector<std::weak_ptr<T>> list_;
    std::size_t alive_ = least; // when it was last cleaned
};

} // namespace sallyport
