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

// Sums what all processes of a zone counted.
class Reader {
  public:
    Reader(const Zone& zone, const Zone::IsGone& is_gone) : is_gone_(is_gone) {
        all_.since = zone.since();
        for (const Name* name = zone.first_name(); name != nullptr; name = name->next.load()) {
            add(*name);
        }
        sums_.resize(all_.labels.size());
        for (const Process* process = zone.first_process(); process != nullptr;
             process = process->next.load()) {
            add(*process);
        }
    }

    Snapshot finish() && {
        for (std::size_t i = 0; i < sums_.size(); ++i) {
            list(all_.decisions, i, sums_[i]);
        }
        return std::move(all_);
    }

  private:
    void add(const Name& name) {
        if (name.kind == NameKind::label) {
            numbers_[&name] = all_.labels.size();
            all_.labels.emplace_back(name.view());
        } else {
            numbers_[&name] = all_.sources.size();
            all_.sources.push_back({.name = std::string(name.view())});
        }
    }

    void add(const Process& process) {
        metrics::add(all_, process.counters);
        const ProcessId id{process.pid.load(), process.start.load()};
        const bool lives = id.pid != 0 && !is_gone_(id);
        all_.workers += lives ? 1 : 0;
        all_.password_queue += lives ? value(process.counters.password_queue) : 0;
        each_block(process.decisions, [&](std::size_t label, const DecisionCounters& counters) {
            sums_[label].add(counters);
        });
        each_block(process.sources, [&](std::size_t number, const SourceCounters& counters) {
            Snapshot::Source& source = all_.sources[number];
            source.fetched += value(counters.fetched);
            source.failed += value(counters.failed);
            source.microseconds += value(counters.microseconds);
            if (lives) {
                add_state(source, counters);
            }
        });
    }

    // A name that was added after this read began is left for the next one.
    template <typename Counters, typename Visit>
    void each_block(const std::atomic<Block<Counters>*>& first, Visit&& visit) const {
        for (const auto* block = first.load(); block != nullptr; block = block->next.load()) {
            if (const auto found = numbers_.find(block->name); found != numbers_.end()) {
                visit(found->second, block->counters);
            }
        }
    }

    const Zone::IsGone& is_gone_;
    Snapshot all_;
    std::unordered_map<const Name*, std::size_t> numbers_;
    std::vector<LabelSums> sums_;
};

} // namespace

Snapshot read(const Zone& zone, const Zone::IsGone& is_gone) {
    return Reader(zone, is_gone).finish();
}

} // namespace sallyport::metrics
