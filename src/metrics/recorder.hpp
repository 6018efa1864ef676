#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/zone.hpp"

namespace sallyport::metrics {

// The counters of this process. Labels and sources are numbered in the order of the configuration.
// A label without a block of its own is counted as "other"; a source without one is not counted.
class Recorder {
  public:
    // The lock of the zone must be held.
    Recorder(Zone& zone, const ProcessId& id, const Zone::IsGone& is_gone,
             std::span<const std::string> labels, std::span<const std::string> sources);
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;
    // For a process that exits: another one can take over its blocks. Nothing may be counted
    // afterwards.
    void release() noexcept;

    // Whether there was not enough room for everything.
    [[nodiscard]] bool is_short() const noexcept { return short_; }

    void decision(std::size_t label, Method method, std::optional<Reason> refusal,
                  bool observed) noexcept {
        DecisionCounters& counters = *decisions_[label < decisions_.size() ? label : 0];
        const auto row = static_cast<std::size_t>(method);
        if (!refusal) {
            add(counters.allowed[row]);
        } else {
            auto& table = observed ? counters.observed : counters.refused;
            add(table[row][static_cast<std::size_t>(*refusal)]);
        }
    }
    void count(Count what) noexcept {
        add(process_->counters.counts[static_cast<std::size_t>(what)]);
    }
    void store_request(StoreKind kind, bool ok, std::uint64_t microseconds) noexcept;
    void password_queue(std::size_t length) noexcept {
        process_->counters.password_queue.store(length, std::memory_order_relaxed);
    }

    void fetch(std::size_t source, bool ok, std::uint64_t microseconds) noexcept;
    // Null for a source without a block.
    [[nodiscard]] SourceCounters* source(std::size_t source) noexcept {
        return source < sources_.size() ? sources_[source] : nullptr;
    }

  private:
    void add(Counter& counter, std::uint64_t amount = 1) noexcept {
        if (is_shared_) [[unlikely]] {
            counter.fetch_add(amount, std::memory_order_relaxed);
        } else {
            counter.store(counter.load(std::memory_order_relaxed) + amount,
                          std::memory_order_relaxed);
        }
    }

    Process* process_;
    bool is_shared_;
    bool short_;
    std::vector<DecisionCounters*> decisions_; // the first one is that of "other"
    std::vector<SourceCounters*> sources_;
};

} // namespace sallyport::metrics
