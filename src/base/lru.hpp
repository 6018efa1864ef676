#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>

namespace sallyport {

// At most `limit` values by key; the least recently used one makes room. Values that are busy stay,
// and may be more.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class Lru {
  public:
    explicit Lru(std::size_t limit) noexcept : limit_(limit) {}
    // One that was moved from can be assigned to, and nothing else.
    Lru(Lru&&) = default;
    Lru& operator=(Lru&&) = default;
    Lru(const Lru&) = delete;
    Lru& operator=(const Lru&) = delete;
    ~Lru() = default;

    // The value of the key, made by `make()` if there is none. Good until the next call.
    template <typename Make>
    Value& find(const Key& key, Make&& make) {
        return find(key, std::forward<Make>(make), [](const Value&) { return false; });
    }
    template <typename Make, typename Busy>
    Value& find(const Key& key, Make&& make, Busy&& busy) {
        if (Value* const known = peek(key)) {
            return *known;
        }
        Entry& made = *table_.try_emplace(key, make()).first;
        link_newest(made);
        make_room(made, busy);
        return made.second.value;
    }

    // The value of the key, or null. Good until the next call. Where the hash is transparent, other
    // types will do for a key.
    template <typename Same>
    Value* peek(const Same& key) {
        const auto found = table_.find(key);
        if (found == table_.end()) {
            return nullptr;
        }
        renew(*found);
        return &found->second.value;
    }

    void erase(const Key& key) {
        if (const auto found = table_.find(key); found != table_.end()) {
            unlink(*found);
            table_.erase(found);
        }
    }

    // The key that was not used for the longest time; null when there are none.
    [[nodiscard]] const Key* oldest() const noexcept {
        return oldest_ != nullptr ? &oldest_->first : nullptr;
    }

    // Makes the value the first to go.
    void demote(const Key& key) {
        if (const auto found = table_.find(key); found != table_.end()) {
            unlink(*found);
            link_oldest(*found);
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return table_.size(); }

  private:
    static constexpr int tries = 8;

    // The table's entries are the links of the list of uses: one piece of memory each.
    struct Links;
    using Entry = std::pair<const Key, Links>;
    struct Links {
        explicit Links(Value&& its_value) : value(std::move(its_value)) {}

        Value value;
        Entry* newer = nullptr;
        Entry* older = nullptr;
    };

    template <typename Busy>
    void make_room(Entry& newest, Busy&& busy) {
        for (int i = 0; i < tries && table_.size() > limit_; ++i) {
            Entry& oldest = *oldest_;
            if (busy(oldest.second.value)) {
                renew(oldest);
                renew(newest);
                continue;
            }
            unlink(oldest);
            table_.erase(table_.find(oldest.first));
        }
    }

    void renew(Entry& entry) noexcept {
        if (&entry != newest_) {
            unlink(entry);
            link_newest(entry);
        }
    }
    void unlink(Entry& entry) noexcept {
        Entry* const newer = entry.second.newer;
        Entry* const older = entry.second.older;
        (newer != nullptr ? newer->second.older : newest_) = older;
        (older != nullptr ? older->second.newer : oldest_) = newer;
    }
    void link_newest(Entry& entry) noexcept {
        entry.second.newer = nullptr;
        entry.second.older = newest_;
        (newest_ != nullptr ? newest_->second.newer : oldest_) = &entry;
        newest_ = &entry;
    }
    void link_oldest(Entry& entry) noexcept {
        entry.second.older = nullptr;
        entry.second.newer = oldest_;
        (oldest_ != nullptr ? oldest_->second.older : newest_) = &entry;
        oldest_ = &entry;
    }

    std::size_t limit_;
    Entry* newest_ = nullptr;
    Entry* oldest_ = nullptr;
    std::unordered_map<Key, Links, Hash, std::equal_to<>> table_;
};

} // namespace sallyport
