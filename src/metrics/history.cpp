#include "metrics/history.hpp"

#include <algorithm>

namespace sallyport::metrics {
namespace {

constexpr std::int64_t span = 60; // seconds

// Without the methods.
Recent sums_of(const Snapshot& snapshot) {
    Recent sums;
    sums.reused = snapshot.count(Count::refresh_reused);
    for (const Snapshot::Store& store : snapshot.stores) {
        sums.store_failed += store.failed;
    }
    for (const Snapshot::Decisions& row : snapshot.decisions) {
        if (!row.reason) {
            continue;
        }
        bool found = false;
        for (auto known = sums.refused.rbegin();
             !found && known != sums.refused.rend() && known->label == row.label; ++known) {
            if (known->outcome == row.outcome && known->reason == *row.reason) {
                known->count += row.count;
                found = true;
            }
        }
        if (!found) {
            sums.refused.push_back({row.label, row.outcome, *row.reason, row.count});
        }
    }
    return sums;
}

} // namespace

std::uint64_t Recent::count(std::size_t label, Outcome outcome, Reason reason) const noexcept {
    auto row = std::lower_bound(refused.begin(), refused.end(), label,
                                [](const Refused& one, std::size_t l) { return one.label < l; });
    for (; row != refused.end() && row->label == label; ++row) {
        if (row->outcome == outcome && row->reason == reason) {
            return row->count;
        }
    }
    return 0;
}

void History::add(const Snapshot& snapshot, std::int64_t now) {
    samples_.push_back({now, sums_of(snapshot)});
    while (samples_.size() > 1 && samples_[1].time <= now - span) {
        samples_.pop_front();
    }
}

// Since the latest sample that is a minute old, or the oldest of all.
Recent History::recent(const Snapshot& snapshot, std::int64_t now) const {
    if (samples_.empty()) {
        return {};
    }
    const Sample* from = &samples_.front();
    for (const Sample& sample : samples_) {
        if (sample.time <= now - span) {
            from = &sample;
        }
    }
    Recent recent;
    recent.seconds = now - from->time;
    Recent sums = sums_of(snapshot);
    recent.reused = sums.reused - from->sums.reused;
    recent.store_failed = sums.store_failed - from->sums.store_failed;
    for (const Recent::Refused& row : sums.refused) {
        const std::uint64_t before = from->sums.count(row.label, row.outcome, row.reason);
        if (row.count > before) {
            recent.refused.push_back({row.label, row.outcome, row.reason, row.count - before});
        }
    }
    return recent;
}

} // namespace sallyport::metrics
