#pragma once

#include <string>
#include <vector>

#include "metrics/report.hpp"

namespace sallyport::metrics {

// What the page shows for one label, or for all of them.
struct ZoneSummary {
    struct Refused {
        Outcome outcome;
        Reason reason;
        std::uint64_t count;
        std::uint64_t recent;
    };

    std::string name;
    std::uint64_t allowed = 0;
    std::uint64_t denied = 0;
    std::uint64_t errors = 0;
    std::uint64_t observed = 0;
    std::uint64_t recent = 0;     // denied and errors, in the last minute
    std::vector<Refused> refused; // and observed; the most recent and most frequent first

    [[nodiscard]] std::uint64_t refusals() const noexcept { return denied + errors; }
    [[nodiscard]] std::uint64_t decisions() const noexcept {
        return allowed + refusals() + observed;
    }
};

// All labels with decisions, those with the most refusals first, and their sum, which has no name.
std::vector<ZoneSummary> summarize(const Report& report);
ZoneSummary sum_of(const std::vector<ZoneSummary>& zones);

} // namespace sallyport::metrics
