#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "base/lru_table.hpp"

namespace sallyport {

// A map of at most `limit` values. If it is full, the least recently used value is evicted. Values
// in use are not evicted, so the map can exceed its limit.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class Lru {
  public:
    explicit Lru(std::size_t limit) noexcept : limit_(limit) {}
    // A moved-from map can only be assigned to.
    Lru(Lru&&) = default;
    Lru& operator=(Lru&&) = default;
    Lru(const Lru&) = delete;
    Lru& operator=(const Lru&) = delete;
    ~Lru() = default;

    // The value of the key, created with `make()` if there is none. Valid until the next call.
    template <typename Make>
    Value& find(const Key& key, Make&& make) {
        return find(key, std::forward<Make>(make), [](const Value&) { return false; });
    }
    template <typename Make, typename Busy>
    Value& find(const Key& key, Make&& make, Busy&& busy) {
        if (Value* const known = peek(key)) {
            return *known;
        }
        auto made = std::make_unique<Entry>(key, make());
        table_.add(*made, Hash()(key));
        Entry& newest = *made.release();
        make_room(newest, busy);
        return newest.value;
    }

    // The value of the key, or null. Valid until the next call. Any type that the hash accepts and
    // that can be compared with the key will do.
    template <typename Same>
    Value* peek(const Same& key) {
        Entry* const found = entry(key);
        if (found == nullptr) {
            return nullptr;
        }
        table_.renew(*found);
        return &found->value;
    }

    void erase(const Key& key) {
        if (Entry* const found = entry(key)) {
            table_.remove(*found);
        }
    }

    // Makes the value the next to be evicted.
    void demote(const Key& key) {
        if (Entry* const found = entry(key)) {
            table_.demote(*found);
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return table_.size(); }

  private:
    static constexpr int tries = 8;

    struct Entry : LruTable<Entry>::Hook {
        Entry(const Key& its_key, Value&& its_value) : key(its_key), value(std::move(its_value)) {}
        static void drop(Entry& entry) noexcept { delete &entry; }

        const Key key;
        Value value;
    };

    template <typename Same>
    Entry* entry(const Same& key) const {
        return table_.find(Hash()(key), [&](const Entry& other) { return other.key == key; });
    }
    template <typename Busy>
    void make_room(Entry& newest, Busy&& busy) {
        for (int i = 0; i < tries && table_.size() > limit_; ++i) {
            Entry& oldest = *table_.oldest();
            if (busy(oldest.value)) {
                table_.renew(oldest);
                table_.renew(newest);
                continue;
            }
            table_.remove(oldest);
        }
    }

    std::size_t limit_;
    LruTable<Entry> table_;
};

} // namespace sallyport
