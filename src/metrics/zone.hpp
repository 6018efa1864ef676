#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/counters.hpp"

namespace sallyport::metrics {

// A process that counts. A process number is used again, so its start tells two of them apart.
struct ProcessId {
    std::uint64_t pid = 0;
    std::uint64_t start = 0; // any number that differs; 0: not known

    bool operator==(const ProcessId&) const = default;
};

enum class NameKind : std::uint8_t { label, source };

// The records of a zone. They are never removed, and pointers hold in all processes, which inherit
// the mapping from one master.
struct Name {
    std::atomic<Name*> next;
    NameKind kind;
    std::uint32_t size;
    char text[1]; // `size` bytes

    [[nodiscard]] std::string_view view() const noexcept { return {text, size}; }
};

template <typename Counters>
struct Block {
    Counters counters;
    const Name* name;
    std::atomic<Block*> next;
};

struct Process {
    ProcessCounters counters;
    std::atomic<Process*> next;
    std::atomic<std::uint64_t> pid; // 0: nobody's
    std::atomic<std::uint64_t> start;
    std::atomic<Block<DecisionCounters>*> decisions;
    std::atomic<Block<SourceCounters>*> sources;
};

inline constexpr std::size_t max_labels = 1000;
inline constexpr std::size_t max_sources = 1000;
inline constexpr std::string_view other_label = "other";

// Counters in memory that processes share: a block for each process and label, so that nobody waits
// to count. The blocks of a process that is gone go to the next one that starts, sums and all: no
// sum is ever lost or moved. Callers of functions that are not const hold a lock over all
// processes.
class Zone {
  public:
    // Makes a zone in memory. Null when it is too small for anything.
    static Zone* create(std::span<std::byte> memory, std::int64_t now) noexcept;
    // The memory that so many processes need.
    static std::size_t needed(std::span<const std::string> labels,
                              std::span<const std::string> sources, std::size_t processes) noexcept;

    // The record of a name. Null when there is no more room, or there are too many.
    const Name* name(NameKind kind, std::string_view text) noexcept;

    // The record of a process that begins, with what it counts set back to nobody's; that of one
    // that is gone by preference. Null when there is no more room.
    using IsGone = std::function<bool(const ProcessId&)>;
    Process* claim(const ProcessId& id, const IsGone& is_gone);
    // The process's block of a name. Null when there is no more room.
    Block<DecisionCounters>* decisions(Process& process, const Name* name) noexcept;
    Block<SourceCounters>* sources(Process& process, const Name* name) noexcept;

    // Counts for processes that found no room, which share it, under the label "other".
    [[nodiscard]] Process& shared() noexcept { return *shared_; }
    [[nodiscard]] const Name* other() const noexcept { return other_; }

    // For readers, which need no lock.
    [[nodiscard]] const Process* first_process() const noexcept { return processes_.load(); }
    [[nodiscard]] const Name* first_name() const noexcept { return names_.load(); }
    [[nodiscard]] std::int64_t since() const noexcept { return since_; }

  private:
    Zone(std::byte* begin, std::byte* end, std::int64_t now) noexcept
        : free_(begin),
          end_(end),
          since_(now) {}

    template <typename Counters>
    Block<Counters>* block(std::atomic<Block<Counters>*>& first, const Name* name) noexcept;
    void* allocate(std::size_t bytes) noexcept;

    std::byte* free_;
    std::byte* end_;
    std::int64_t since_;
    std::atomic<Process*> processes_{};
    std::atomic<Name*> names_{};
    std::atomic<Name*>* last_name_ = &names_;
    std::size_t labels_ = 0;
    std::size_t sources_ = 0;
    Process* shared_ = nullptr;
    const Name* other_ = nullptr;
};

} // namespace sallyport::metrics
