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

// Identifies a process. Process numbers are reused, so the start time distinguishes processes.
struct ProcessId {
    std::uint64_t pid = 0;
    std::uint64_t start = 0; // differs between processes with the same number; 0: unknown

    bool operator==(const ProcessId&) const = default;
};

enum class NameKind : std::uint8_t { label, source };

// The records of a zone. They are never removed. Pointers to them are valid in all processes, which
// inherit the mapping from one master.
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
    std::atomic<std::uint64_t> pid; // 0: unused
    std::atomic<std::uint64_t> start;
    std::atomic<Block<DecisionCounters>*> decisions;
    std::atomic<Block<SourceCounters>*> sources;
};

inline constexpr std::size_t max_labels = 1000;
inline constexpr std::size_t max_sources = 1000;
inline constexpr std::string_view other_label = "other";

// Counters in shared memory: a block for each process and label, so that processes never wait for
// each other. When a process exits, another one takes over its blocks with their values, so no
// counts are lost. Functions that are not const require a lock held across all processes.
class Zone {
  public:
    // Creates a zone in memory. Null if it is too small.
    static Zone* create(std::span<std::byte> memory, std::int64_t now) noexcept;
    // The memory that so many processes need.
    static std::size_t needed(std::span<const std::string> labels,
                              std::span<const std::string> sources, std::size_t processes) noexcept;

    // The record of a name. Null if there is no more room, or there are too many names.
    const Name* name(NameKind kind, std::string_view text) noexcept;

    // Returns a record for a new process, preferably that of a process that has exited, and resets
    // its state, but not its counters. Null if there is no more room.
    using IsGone = std::function<bool(const ProcessId&)>;
    Process* claim(const ProcessId& id, const IsGone& is_gone);
    // The block of a process for a name. Null if there is no more room.
    Block<DecisionCounters>* decisions(Process& process, const Name* name) noexcept;
    Block<SourceCounters>* sources(Process& process, const Name* name) noexcept;

    // The counters of processes for which there was no room. They share it, with the label "other".
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
