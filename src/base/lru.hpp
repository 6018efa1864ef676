#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <unordered_map>
#include <utility>

namespace sallyport {

// At most `limit` values by key; the least recently used one makes room. Values that are busy stay,
// and may be more.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class Lru {
  public:
    explicit Lru(std::size_t limit) noexcept : limit_(limit) {}

    // The value of the key, made by `make()` if there is none. Good until the next call.
    template <typename Make>
    Value& find(const Key& key, Make&& make) {
        return find(key, std::forward<Make>(make), [](const Value&) { return false; });
    }
    template <typename Make, typename Busy>
    Value& find(const Key& key, Make&& make, Busy&& busy) {
        if (const auto found = found_.find(key); found != found_.end()) {
            recent_.splice(recent_.begin(), recent_, found->second);
            return recent_.front().second;
        }
        recent_.emplace_front(key, make());
        try {
            found_.emplace(key, recent_.begin());
        } catch (...) {
            recent_.pop_front(); // what cannot be found could never go
            throw;
        }
        make_room(busy);
        return recent_.front().second;
    }

    // The value of the key, or null. Good until the next call. Where the hash is transparent, other
    // types will do for a key.
    template <typename Same>
    Value* peek(const Same& key) {
        const auto found = found_.find(key);
        if (found == found_.end()) {
            return nullptr;
        }
        recent_.splice(recent_.begin(), recent_, found->second);
        return &recent_.front().second;
    }

    void erase(const Key& key) {
        if (const auto found = found_.find(key); found != found_.end()) {
            recent_.erase(found->second);
            found_.erase(found);
        }
    }

    // The key and value that were not used for the longest time; null when there are none.
    [[nodiscard]] const std::pair<Key, Value>* oldest() const noexcept {
        return recent_.empty() ? nullptr : &recent_.back();
    }

    // Makes the value the first to go.
    void demote(const Key& key) {
        if (const auto found = found_.find(key); found != found_.end()) {
            recent_.splice(recent_.end(), recent_, found->second);
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return recent_.size(); }

  private:
    static constexpr int tries = 8;

    template <typename Busy>
    void make_room(Busy&& busy) {
        const auto newest = recent_.begin();
        for (int i = 0; i < tries && recent_.size() > limit_; ++i) {
            const auto oldest = std::prev(recent_.end());
            if (busy(oldest->second)) {
                recent_.splice(std::next(newest), recent_, oldest);
                continue;
            }
            found_.erase(oldest->first);
            recent_.erase(oldest);
        }
    }

    using Entries = std::list<std::pair<Key, Value>>;

    std::size_t limit_;
    Entries recent_; // most recently used first
    std::unordered_map<Key, typename Entries::iterator, Hash, std::equal_to<>> found_;
};

} // namespace sallyport
