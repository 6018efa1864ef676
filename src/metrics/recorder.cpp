#include "metrics/recorder.hpp"

#include <algorithm>

namespace sallyport::metrics {

Recorder::Recorder(Zone& zone, const ProcessId& id, const Zone::IsGone& is_gone,
                   std::span<const std::string> labels, std::span<const std::string> sources)
    : process_(zone.claim(id, is_gone)) {
    auto* other = process_ != nullptr ? zone.decisions(*process_, zone.other()) : nullptr;
    is_shared_ = other == nullptr;
    short_ = is_shared_;
    if (is_shared_) {
        if (process_ != nullptr) {
            process_->pid.store(0);
        }
        process_ = &zone.shared();
        other = zone.decisions(*process_, zone.other());
    }
    decisions_.assign(labels.size() + 1, &other->counters);
    sources_.assign(sources.size(), nullptr);
    for (std::size_t i = 0; !is_shared_ && i < labels.size(); ++i) {
        const Name* const name = zone.name(NameKind::label, labels[i]);
        auto* const block = name != nullptr ? zone.decisions(*process_, name) : nullptr;
        short_ = short_ || block == nullptr;
        decisions_[i + 1] = block != nullptr ? &block->counters : decisions_[0];
    }
    for (std::size_t i = 0; !is_shared_ && i < sources.size(); ++i) {
        const Name* const name = zone.name(NameKind::source, sources[i]);
        auto* const block = name != nullptr ? zone.sources(*process_, name) : nullptr;
        short_ = short_ || block == nullptr;
        sources_[i] = block != nullptr ? &block->counters : nullptr;
    }
}

void Recorder::release() noexcept {
    if (!is_shared_) {
        process_->pid.store(0);
    }
}

void Recorder::store_request(StoreKind kind, bool ok, std::uint64_t microseconds) noexcept {
    StoreCounters& store = process_->counters.stores[static_cast<std::size_t>(kind)];
    add(ok ? store.ok : store.failed);
    add(store.microseconds, microseconds);
    const auto* const end =
        std::lower_bound(duration_ends.begin(), duration_ends.end(), microseconds);
    add(store.durations[static_cast<std::size_t>(end - duration_ends.begin())]);
}

void Recorder::fetch(std::size_t number, bool ok, std::uint64_t microseconds) noexcept {
    if (SourceCounters* const counters = source(number)) {
        add(ok ? counters->fetched : counters->failed);
        add(counters->microseconds, microseconds);
    }
}

} // namespace sallyport::metrics
