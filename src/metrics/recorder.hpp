#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/zone.hpp"

namespace sallyport::metrics {

// What one process counts with. Labels and sources have the numbers under which the configuration
// lists them; one that has no block of its own is counted under "other", or not at all.
class Recorder {
  public:
    // The lock of the zone is held.
    Recorder(Zone& zone, const ProcessId& id, const Zone::IsGone& is_gone,
             std::span<const std::string> labels, std::span<const std::string> sources);
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;
    // The process ends: the next one may have the blocks. Nothing is counted from here on.
    void release() noexcept;

    // There was no room for something.
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
    std::vector<DecisionCounters*> decisions_; // the first is that of "other"
    std::vector<SourceCounters*> sources_;
};

} // namespace sallyport::metrics
