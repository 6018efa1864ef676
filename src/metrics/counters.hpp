#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/reason.hpp"

namespace sallyport::metrics {

// The kind of credential that a request presented.
enum class Method : std::uint8_t { jwt, password, api_key, none };
inline constexpr std::array<std::string_view, 4> method_names{"jwt", "password", "api_key", "none"};

enum class Outcome : std::uint8_t {
    allowed,
    denied,
    error,    // refused, because a dependency is broken
    observed, // would have been refused
};
inline constexpr std::array<std::string_view, 4> outcome_names{"allowed", "denied", "error",
                                                               "observed"};

inline constexpr std::size_t method_count = method_names.size();
inline constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::internal_error) + 1;

// A counter that one process writes and every process reads.
using Counter = std::atomic<std::uint64_t>;
static_assert(Counter::is_always_lock_free, "it lives in memory that processes share");

// Blocks begin at a cache line of their own, so that no two processes write to the same line.
inline constexpr std::size_t cache_line = 64;

// The decisions of one process for one label. The counters of admitted requests are adjacent, so
// that a busy server writes to one cache line.
struct alignas(cache_line) DecisionCounters {
    using Refused = std::array<std::array<Counter, reason_count>, method_count>;

    std::array<Counter, method_count> allowed;
    Refused refused; // denied and error, as the reason's status says
    Refused observed;
};

// Counters of a process that have no label.
enum class Count : std::uint8_t {
    token_cache_hit,
    token_cache_miss,
    credential_cache_hit,
    credential_cache_miss,
    refresh_rotated,
    refresh_repeated,
    refresh_reused,
    refresh_revoked,
    refresh_unknown,
    refresh_expired,
    refresh_invalid,
    refresh_error,
    issued_password,
    issued_api_key,
    issued_refresh_token,
    hash_matched,
    hash_mismatched,
    hash_rejected,
    ended_token_expired,
    ended_token_revoked,
    ended_credential_expired,
};
inline constexpr std::size_t count_count =
    static_cast<std::size_t>(Count::ended_credential_expired) + 1;

enum class StoreKind : std::uint8_t { sqlite, redis, memory };
inline constexpr std::array<std::string_view, 3> store_names{"sqlite", "redis", "memory"};

// The inclusive upper bounds of the ranges of store_duration, in microseconds. One more range has
// no upper bound.
inline constexpr std::array<std::uint64_t, 11> duration_ends{
    1'000, 2'500, 5'000, 10'000, 25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000};

struct StoreCounters {
    Counter ok;
    Counter failed;
    Counter microseconds;
    std::array<Counter, duration_ends.size() + 1> durations;
};

struct alignas(cache_line) ProcessCounters {
    std::array<Counter, count_count> counts;
    std::array<StoreCounters, store_names.size()> stores;
    Counter password_queue; // the current length
};

// Text of up to Limit bytes that one process writes and others read. A reader that meets a writer
// gets nothing: bytes are stored with release and loaded with acquire, so a reader that sees a byte
// of a newer text sees the newer version as well.
template <std::size_t Limit>
class SharedText {
  public:
    void write(std::string_view text) noexcept {
        const std::uint32_t version = version_.load(std::memory_order_relaxed);
        version_.store(version + 1, std::memory_order_relaxed);
        const std::size_t size = text.size() < Limit ? text.size() : Limit;
        for (std::size_t i = 0; i < size; ++i) {
            bytes_[i].store(text[i], std::memory_order_release);
        }
        size_.store(static_cast<std::uint32_t>(size), std::memory_order_release);
        version_.store(version + 2, std::memory_order_release);
    }

    // Fills `text` only if it returns true.
    template <typename String>
    [[nodiscard]] bool read(String& text) const {
        const std::uint32_t version = version_.load(std::memory_order_acquire);
        String copy(size_.load(std::memory_order_acquire), '\0');
        for (std::size_t i = 0; i < copy.size() && i < Limit; ++i) {
            copy[i] = bytes_[i].load(std::memory_order_acquire);
        }
        if (version % 2 != 0 || version != version_.load(std::memory_order_relaxed)) {
            return false;
        }
        text = std::move(copy);
        return true;
    }

  private:
    std::atomic<std::uint32_t> version_;
    std::atomic<std::uint32_t> size_;
    std::array<std::atomic<char>, Limit> bytes_;
};

// The state of a key source in one process.
struct alignas(cache_line) SourceCounters {
    Counter fetched;
    Counter failed;
    Counter microseconds; // of all fetches
    // The current state. Times are seconds since the epoch; 0: none.
    Counter keys;
    Counter last_success;
    Counter next_refresh;
    Counter stale; // 1 or 0
    Counter known; // 1 once this process has used the source
    SharedText<640> kids;
    SharedText<240> error; // of the latest failure; empty after a success
};

} // namespace sallyport::metrics
