#include "base/notifier.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

auto position(const std::vector<std::shared_ptr<Notifier>>& notifiers,
              const Notifier& notifier) noexcept {
    return std::find_if(notifiers.begin(), notifiers.end(),
                        [&](const auto& each) { return each.get() == &notifier; });
}

} // namespace

void Notifier::notify() noexcept {
    std::unordered_set<Listener*> told;
    told.swap(waiting_);
    for (Listener* const wait : told) {
        wait->note_ready(*this);
    }
}

void Listener::wait_for(std::shared_ptr<Notifier> notifier) {
    // Reserved now, so that notify() does not allocate.
    waited_for_.reserve(waited_for_.size() + 1);
    notified_by_.reserve(notified_by_.size() + waited_for_.size() + 1);
    if (notifier->waiting_.insert(this).second) {
        waited_for_.push_back(std::move(notifier));
    }
}

void Listener::leave() noexcept {
    for (const auto& notifier : waited_for_) {
        notifier->waiting_.erase(this);
    }
    waited_for_.clear();
}

bool Listener::was_notified_by(const Notifier& notifier) const noexcept {
    return position(notified_by_, notifier) != notified_by_.end();
}

void Listener::note_ready(const Notifier& notifier) noexcept {
    const auto found = position(waited_for_, notifier);
    notified_by_.push_back(*found);
    waited_for_.erase(found);
    on_ready();
}

} // namespace sallyport
