#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/digest.hpp"

namespace sallyport::auth {

// What was used and must not be used again before it expires, such as DPoP proofs (RFC 9449 section
// 11.1), in memory that processes share. All functions require a lock held across all processes;
// add() takes logarithmic time. A process may die in the middle of a change and lose its lock: the
// next one then empties the table, and refuses everything that it may have contained.
class ReplayTable {
  public:
    enum class Outcome : std::uint8_t {
        added,   // it was not used before, and is remembered
        used,    // it was used before
        expired, // the table no longer knows whether it was used
        full,
    };

    // Creates a table in memory, whose content does not matter. Null if it is too small.
    static ReplayTable* create(std::span<std::byte> memory) noexcept;

    // `id` is a digest of what is used; `until` the first second in which it is no longer accepted.
    // The clocks of processes may differ, and clocks may be set back: once the table has dropped an
    // entry, it refuses everything that expires as early.
    Outcome add(const Digest& id, std::int64_t until, std::int64_t now) noexcept;

    // From now on, everything is accepted for so many seconds longer, also what was added before:
    // its `until` is later by as much.
    void extend(std::int64_t seconds) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return used_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  private:
    using Index = std::uint32_t; // of an entry, plus one; 0: none

    // 128 bits of a digest are enough: only the client that uses something chooses it.
    struct Entry {
        std::uint64_t id[2];
        std::int64_t until;
        Index next; // in its bucket, or in the list of free entries
    };

    ReplayTable(std::byte* begin, std::size_t capacity) noexcept;

    void clear() noexcept;
    void begin_change() noexcept;
    void end_change() noexcept;
    void drop_expired(std::int64_t now) noexcept;
    Index& bucket(const Entry& entry) noexcept;
    [[nodiscard]] bool contains(const Entry& entry) noexcept;
    void insert(const Entry& entry) noexcept;
    [[nodiscard]] bool expires_later(Index one, Index other) const noexcept;

    std::size_t capacity_;
    Entry* entries_;
    Index* buckets_; // capacity_
    Index* heap_;    // capacity_; the first `size_` are a heap, the earliest to expire on top
    std::size_t used_ = 0;
    std::size_t fresh_ = 0; // entries that were never used
    Index free_ = 0;
    std::int64_t latest_ = INT64_MIN;  // `until` of all that was ever added
    std::int64_t unknown_ = INT64_MIN; // what expires by then may have been dropped or lost
    bool busy_ = false;
};

} // namespace sallyport::auth
