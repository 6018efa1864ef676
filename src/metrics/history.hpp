#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "metrics/snapshot.hpp"

namespace sallyport::metrics {

// How often requests were refused, or would have been, in a recent period.
struct Recent {
    struct Refused {
        std::size_t label;
        Outcome outcome;
        Reason reason;
        std::uint64_t count;
    };

    std::int64_t seconds = 0;     // the length of the period; 0: unknown
    std::vector<Refused> refused; // by label
    std::uint64_t reused = 0;     // refresh tokens that were spent before
    std::uint64_t store_failed = 0;

    [[nodiscard]] std::uint64_t count(std::size_t label, Outcome outcome,
                                      Reason reason) const noexcept;
};

// Remembers the sums of the last minute.
class History {
  public:
    static constexpr std::int64_t interval = 10; // seconds between two calls of add()

    void add(const Snapshot& snapshot, std::int64_t now);
    [[nodiscard]] Recent recent(const Snapshot& snapshot, std::int64_t now) const;

  private:
    struct Sample {
        std::int64_t time;
        Recent sums;
    };

    std::deque<Sample> samples_; // oldest first
};

} // namespace sallyport::metrics
