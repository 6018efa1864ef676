#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/zone.hpp"

namespace sallyport::metrics {

// The sums of all processes, at approximately the same moment.
struct Snapshot {
    struct Decisions { // of one kind
        std::size_t label;
        Method method;
        Outcome outcome;
        std::optional<Reason> reason;
        std::uint64_t count;
    };
    struct Store {
        std::uint64_t ok = 0;
        std::uint64_t failed = 0;
        std::uint64_t microseconds = 0;
        std::array<std::uint64_t, duration_ends.size() + 1> durations{};

        [[nodiscard]] std::uint64_t requests() const noexcept { return ok + failed; }
    };
    struct Source {
        std::string name;
        std::uint64_t fetched = 0;
        std::uint64_t failed = 0;
        std::uint64_t microseconds = 0;
        // The state in the worker with the oldest keys; empty if no worker has used the source.
        struct State {
            std::uint64_t keys;
            std::uint64_t last_success;
            std::uint64_t next_refresh;
            bool is_stale;
            std::string kids;
            std::string error;
        };
        std::optional<State> state{};

        [[nodiscard]] std::uint64_t fetches() const noexcept { return fetched + failed; }
    };

    std::int64_t since = 0; // when counting began
    std::size_t workers = 0;
    std::vector<std::string> labels;
    std::vector<Decisions> decisions; // those that occurred, by label, method, outcome and reason
    std::array<std::uint64_t, count_count> counts{};
    std::array<Store, store_names.size()> stores{};
    std::uint64_t password_queue = 0;
    std::vector<Source> sources;

    [[nodiscard]] std::uint64_t count(Count what) const noexcept {
        return counts[static_cast<std::size_t>(what)];
    }
};

// `is_gone` tells whether a process has exited without releasing its blocks. Its counters are
// included.
Snapshot read(const Zone& zone, const Zone::IsGone& is_gone);

} // namespace sallyport::metrics
