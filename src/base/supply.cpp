#include "base/supply.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

auto position(const std::vector<std::shared_ptr<Supply>>& supplies, const Supply& supply) noexcept {
    return std::find_if(supplies.begin(), supplies.end(),
                        [&](const auto& each) { return each.get() == &supply; });
}

} // namespace

void Supply::tell_waiters() noexcept {
    std::unordered_set<Wait*> told;
    told.swap(waiting_);
    for (Wait* const wait : told) {
        wait->take_news(*this);
    }
}

void Wait::wait_for(std::shared_ptr<Supply> supply) {
    // No memory is needed when the news comes.
    waited_for_.reserve(waited_for_.size() + 1);
    told_by_.reserve(told_by_.size() + waited_for_.size() + 1);
    if (supply->waiting_.insert(this).second) {
        waited_for_.push_back(std::move(supply));
    }
}

void Wait::leave() noexcept {
    for (const auto& supply : waited_for_) {
        supply->waiting_.erase(this);
    }
    waited_for_.clear();
}

bool Wait::was_told_by(const Supply& supply) const noexcept {
    return position(told_by_, supply) != told_by_.end();
}

void Wait::take_news(const Supply& supply) noexcept {
    const auto found = position(waited_for_, supply);
    told_by_.push_back(*found);
    waited_for_.erase(found);
    hear();
}

} // namespace sallyport
