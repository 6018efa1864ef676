#pragma once

#include <string>
#include <string_view>

#include "metrics/snapshot.hpp"

namespace sallyport::metrics {

// What the reports say beside the counters.
struct About {
    std::string_view version; // of this module
    std::string_view nginx;
};

inline constexpr std::string_view exposition_type = "text/plain; version=0.0.4; charset=utf-8";

// The text format of Prometheus, version 0.0.4.
std::string exposition(const Snapshot& snapshot, const About& about);

} // namespace sallyport::metrics
