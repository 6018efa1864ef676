#include "metrics/zone_summary.hpp"

#include <algorithm>
#include <tuple>

namespace sallyport::metrics {
namespace {

void add_refused(ZoneSummary& zone, const ZoneSummary::Refused& refused) {
    const auto same = std::find_if(zone.refused.begin(), zone.refused.end(), [&](const auto& one) {
        return one.outcome == refused.outcome && one.reason == refused.reason;
    });
    if (same == zone.refused.end()) {
        zone.refused.push_back(refused);
    } else {
        same->count += refused.count;
        same->recent += refused.recent;
    }
}

void add(ZoneSummary& zone, const Snapshot::Decisions& row) {
    switch (row.outcome) {
    case Outcome::allowed:
        zone.allowed += row.count;
        break;
    case Outcome::denied:
        zone.denied += row.count;
        break;
    case Outcome::error:
        zone.errors += row.count;
        break;
    case Outcome::observed:
        zone.observed += row.count;
        break;
    }
    if (row.reason) {
        add_refused(zone, {row.outcome, *row.reason, row.count, 0});
    }
}

void sort(ZoneSummary& zone) {
    std::sort(zone.refused.begin(), zone.refused.end(), [](const auto& one, const auto& other) {
        return std::tie(one.recent, one.count) > std::tie(other.recent, other.count);
    });
}

} // namespace

std::vector<ZoneSummary> summarize(const Report& report) {
    const Snapshot& snapshot = report.snapshot;
    std::vector<ZoneSummary> zones(snapshot.labels.size());
    for (const Snapshot::Decisions& row : snapshot.decisions) {
        add(zones[row.label], row);
    }
    for (const Recent::Refused& row : report.recent.refused) {
        zones[row.label].recent += row.outcome != Outcome::observed ? row.count : 0;
        add_refused(zones[row.label], {row.outcome, row.reason, 0, row.count});
    }
    for (std::size_t i = 0; i < zones.size(); ++i) {
        zones[i].name = snapshot.labels[i];
        sort(zones[i]);
    }
    std::erase_if(zones, [](const ZoneSummary& zone) { return zone.decisions() == 0; });
    std::sort(zones.begin(), zones.end(), [](const ZoneSummary& one, const ZoneSummary& other) {
        return std::tuple(one.recent, one.refusals(), one.decisions(), other.name) >
               std::tuple(other.recent, other.refusals(), other.decisions(), one.name);
    });
    return zones;
}

ZoneSummary sum_of(const std::vector<ZoneSummary>& zones) {
    ZoneSummary sum;
    for (const ZoneSummary& zone : zones) {
        sum.allowed += zone.allowed;
        sum.denied += zone.denied;
        sum.errors += zone.errors;
        sum.observed += zone.observed;
        sum.recent += zone.recent;
        for (const ZoneSummary::Refused& refused : zone.refused) {
            add_refused(sum, refused);
        }
    }
    sort(sum);
    return sum;
}

} // namespace sallyport::metrics
