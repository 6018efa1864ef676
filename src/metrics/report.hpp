#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/history.hpp"
#include "metrics/snapshot.hpp"

namespace sallyport::metrics {

// The revocations that all workers share.
struct RevocationReport {
    struct List {
        std::string_view name;             // file, store
        std::string_view state;            // ready, or why not
        std::optional<std::int64_t> age{}; // seconds since it was read, if that matters

        [[nodiscard]] bool is_ready() const noexcept { return state == "ready"; }
    };
    std::uint64_t count = 0;
    std::uint64_t capacity = 0;
    std::vector<List> lists{};
};

// The content of a report, for all formats.
struct Report {
    std::string_view version; // of this module
    std::string_view nginx;
    std::int64_t now; // Unix time
    Snapshot snapshot;
    Recent recent;
    std::optional<RevocationReport> revocations{}; // none without a zone
};

inline constexpr std::string_view exposition_type = "text/plain; version=0.0.4; charset=utf-8";

// The text format of Prometheus, version 0.0.4.
std::string exposition(const Report& report);
// One JSON object; docs/operations.md names its members.
std::string report_json(const Report& report);
// An HTML page. It needs no scripts and no other files.
std::string page(const Report& report);

} // namespace sallyport::metrics
