#include "metrics/snapshot.hpp"

#include <unordered_map>

namespace sallyport::metrics {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

std::uint64_t value(const Counter& counter) noexcept {
    return counter.load(relaxed);
}

using Sums = std::array<std::array<std::uint64_t, reason_count>, method_count>;

// Of one label.
struct LabelSums {
    std::array<std::uint64_t, method_count> allowed{};
    Sums refused{};
    Sums observed{};

    void add(const DecisionCounters& counters) noexcept {
        for (std::size_t m = 0; m < method_count; ++m) {
            allowed[m] += value(counters.allowed[m]);
            for (std::size_t r = 0; r < reason_count; ++r) {
                refused[m][r] += value(counters.refused[m][r]);
                observed[m][r] += value(counters.observed[m][r]);
            }
        }
    }
};

void list(std::vector<Snapshot::Decisions>& all, std::size_t label, const LabelSums& sums) {
    const auto add = [&](std::size_t method, Outcome outcome, std::optional<Reason> reason,
                         std::uint64_t count) {
        if (count > 0) {
            all.push_back({label, static_cast<Method>(method), outcome, reason, count});
        }
    };
    for (std::size_t m = 0; m < method_count; ++m) {
        add(m, Outcome::allowed, std::nullopt, sums.allowed[m]);
        for (const Outcome outcome : {Outcome::denied, Outcome::error}) {
            for (std::size_t r = 0; r < reason_count; ++r) {
                const auto reason = static_cast<Reason>(r);
                if ((describe(reason).status >= 500) == (outcome == Outcome::error)) {
                    add(m, outcome, reason, sums.refused[m][r]);
                }
            }
        }
        for (std::size_t r = 0; r < reason_count; ++r) {
            add(m, Outcome::observed, static_cast<Reason>(r), sums.observed[m][r]);
        }
    }
}

void add(Snapshot& all, const ProcessCounters& process) noexcept {
    for (std::size_t i = 0; i < count_count; ++i) {
        all.counts[i] += value(process.counts[i]);
    }
    for (std::size_t i = 0; i < all.stores.size(); ++i) {
        Snapshot::Store& sum = all.stores[i];
        const StoreCounters& store = process.stores[i];
        sum.ok += value(store.ok);
        sum.failed += value(store.failed);
        sum.microseconds += value(store.microseconds);
        for (std::size_t d = 0; d < sum.durations.size(); ++d) {
            sum.durations[d] += value(store.durations[d]);
        }
    }
}

// The worse of two: stale keys before others, then older ones before younger.
bool is_worse(const Snapshot::Source::State& one, const Snapshot::Source::State& other) noexcept {
    return one.is_stale != other.is_stale ? one.is_stale : one.last_success < other.last_success;
}

void add_state(Snapshot::Source& source, const SourceCounters& counters) {
    if (value(counters.known) == 0) {
        return;
    }
    Snapshot::Source::State state{value(counters.keys),
                                  value(counters.last_success),
                                  value(counters.next_refresh),
                                  value(counters.stale) != 0,
                                  {},
                                  {}};
    if (source.state && !is_worse(state, *source.state)) {
        return;
    }
    // A text that is being written is missing this once.
    static_cast<void>(counters.kids.read(state.kids));
    static_cast<void>(counters.error.read(state.error));
    source.state = std::move(state);
}

} // namespace

Snapshot read(const Zone& zone, const Zone::IsGone& is_gone) {
    Snapshot all;
    all.since = zone.since();
    std::unordered_map<const Name*, std::size_t> numbers;
    for (const Name* name = zone.first_name(); name != nullptr; name = name->next.load()) {
        if (name->kind == NameKind::label) {
            numbers[name] = all.labels.size();
            all.labels.emplace_back(name->view());
        } else {
            numbers[name] = all.sources.size();
            all.sources.push_back({.name = std::string(name->view())});
        }
    }
    // A name that came meanwhile has its turn next time.
    std::vector<LabelSums> sums(all.labels.size());
    for (const Process* process = zone.first_process(); process != nullptr;
         process = process->next.load()) {
        add(all, process->counters);
        for (const auto* block = process->decisions.load(); block != nullptr;
             block = block->next.load()) {
            if (const auto found = numbers.find(block->name); found != numbers.end()) {
                sums[found->second].add(block->counters);
            }
        }
        const ProcessId id{process->pid.load(), process->start.load()};
        const bool lives = id.pid != 0 && !is_gone(id);
        all.workers += lives ? 1 : 0;
        all.password_queue += lives ? value(process->counters.password_queue) : 0;
        for (const auto* block = process->sources.load(); block != nullptr;
             block = block->next.load()) {
            const auto found = numbers.find(block->name);
            if (found == numbers.end()) {
                continue;
            }
            Snapshot::Source& source = all.sources[found->second];
            source.fetched += value(block->counters.fetched);
            source.failed += value(block->counters.failed);
            source.microseconds += value(block->counters.microseconds);
            if (lives) {
                add_state(source, block->counters);
            }
        }
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
        list(all.decisions, i, sums[i]);
    }
    return all;
}

} // namespace sallyport::metrics
