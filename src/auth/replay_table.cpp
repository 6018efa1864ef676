#include "auth/replay_table.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <utility>

namespace sallyport::auth {
namespace {

constexpr std::size_t least_capacity = 64;

// At most so many expired entries are dropped for each one that is added.
constexpr int max_drops = 16;

} // namespace

ReplayTable* ReplayTable::create(std::span<std::byte> memory) noexcept {
    const std::size_t padding =
        (-reinterpret_cast<std::uintptr_t>(memory.data())) % alignof(ReplayTable);
    constexpr std::size_t entry_bytes = sizeof(Entry) + 2 * sizeof(Index);
    if (memory.size() < padding + sizeof(ReplayTable) + least_capacity * entry_bytes) {
        return nullptr;
    }
    const std::size_t capacity = std::min<std::size_t>(
        (memory.size() - padding - sizeof(ReplayTable)) / entry_bytes, UINT32_MAX - 1);
    std::byte* const begin = memory.data() + padding;
    return new (begin) ReplayTable(begin + sizeof(ReplayTable), capacity);
}

ReplayTable::ReplayTable(std::byte* begin, std::size_t capacity) noexcept
    : capacity_(capacity),
      entries_(reinterpret_cast<Entry*>(begin)),
      buckets_(reinterpret_cast<Index*>(entries_ + capacity)),
      heap_(buckets_ + capacity) {
    clear();
}

void ReplayTable::clear() noexcept {
    std::memset(buckets_, 0, capacity_ * sizeof(Index));
    used_ = 0;
    fresh_ = 0;
    free_ = 0;
}

ReplayTable::Outcome ReplayTable::add(const Digest& id, std::int64_t until,
                                      std::int64_t now) noexcept {
    begin_change();
    Entry entry{{}, until, 0};
    std::memcpy(entry.id, id.data(), sizeof(entry.id));
    drop_expired(now);
    Outcome outcome = Outcome::added;
    if (until <= now || until <= unknown_) {
        outcome = Outcome::expired;
    } else if (contains(entry)) {
        outcome = Outcome::used;
    } else if (used_ == capacity_) {
        outcome = Outcome::full;
    } else {
        latest_ = std::max(latest_, until);
        insert(entry);
    }
    end_change();
    return outcome;
}

// The order of the heap stays the same.
void ReplayTable::extend(std::int64_t seconds) noexcept {
    begin_change();
    latest_ += seconds;
    unknown_ += seconds;
    std::for_each_n(heap_, used_, [&](Index index) { entries_[index - 1].until += seconds; });
    end_change();
}

// The compiler must not move other writes out of the part that is marked.
void ReplayTable::begin_change() noexcept {
    if (busy_) {
        unknown_ = latest_;
        clear();
    }
    busy_ = true;
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

void ReplayTable::end_change() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    busy_ = false;
}

void ReplayTable::drop_expired(std::int64_t now) noexcept {
    const auto later = [this](Index one, Index other) { return expires_later(one, other); };
    for (int i = 0; i < max_drops && used_ > 0 && entries_[heap_[0] - 1].until <= now; ++i) {
        const Index index = heap_[0];
        std::pop_heap(heap_, heap_ + used_, later);
        --used_;
        Entry& entry = entries_[index - 1];
        unknown_ = std::max(unknown_, entry.until);
        Index* at = &bucket(entry);
        while (*at != index) {
            at = &entries_[*at - 1].next;
        }
        *at = entry.next;
        entry.next = std::exchange(free_, index);
    }
}

ReplayTable::Index& ReplayTable::bucket(const Entry& entry) noexcept {
    return buckets_[entry.id[0] % capacity_];
}

bool ReplayTable::contains(const Entry& entry) noexcept {
    Index index = bucket(entry);
    while (index != 0) {
        const Entry& other = entries_[index - 1];
        if (other.id[0] == entry.id[0] && other.id[1] == entry.id[1]) {
            return true;
        }
        index = other.next;
    }
    return false;
}

void ReplayTable::insert(const Entry& entry) noexcept {
    Index index = free_;
    if (index != 0) {
        free_ = entries_[index - 1].next;
    } else {
        index = static_cast<Index>(++fresh_);
    }
    Entry& added = entries_[index - 1];
    added = entry;
    added.next = std::exchange(bucket(entry), index);
    heap_[used_++] = index;
    std::push_heap(heap_, heap_ + used_,
                   [this](Index one, Index other) { return expires_later(one, other); });
}

bool ReplayTable::expires_later(Index one, Index other) const noexcept {
    return entries_[one - 1].until > entries_[other - 1].until;
}

} // namespace sallyport::auth
