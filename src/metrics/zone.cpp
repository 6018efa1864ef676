#include "metrics/zone.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace sallyport::metrics {
namespace {

constexpr std::size_t in_lines(std::size_t bytes) noexcept {
    return (bytes + cache_line - 1) / cache_line * cache_line;
}

std::size_t name_bytes(std::string_view text) noexcept {
    return in_lines(sizeof(Name) + text.size());
}

bool is_free(const Process& process, const ProcessId& id, const Zone::IsGone& is_gone) {
    const ProcessId owner{process.pid.load(), process.start.load()};
    return owner.pid == 0 || owner.pid == id.pid || is_gone(owner);
}

// What is known now, and was of another process.
void forget_state(Process& process) noexcept {
    process.counters.password_queue.store(0);
    for (auto* block = process.sources.load(); block != nullptr; block = block->next.load()) {
        SourceCounters& source = block->counters;
        for (Counter* const state : {&source.keys, &source.last_success, &source.next_refresh,
                                     &source.stale, &source.known}) {
            state->store(0);
        }
        source.kids.write({});
        source.error.write({});
    }
}

} // namespace

Zone* Zone::create(std::span<std::byte> memory, std::int64_t now) noexcept {
    const std::size_t padding = (-reinterpret_cast<std::uintptr_t>(memory.data())) % cache_line;
    if (memory.size() < padding + in_lines(sizeof(Zone))) {
        return nullptr;
    }
    auto* const begin = memory.data() + padding;
    auto* const end = memory.data() + memory.size();
    auto* const zone = new (begin) Zone(begin + in_lines(sizeof(Zone)), end, now);
    zone->other_ = zone->name(NameKind::label, other_label);
    zone->shared_ =
        zone->other_ != nullptr ? zone->claim({}, [](const ProcessId&) { return false; }) : nullptr;
    return zone->shared_ != nullptr && zone->decisions(*zone->shared_, zone->other_) != nullptr
               ? zone
               : nullptr;
}

std::size_t Zone::needed(std::span<const std::string> labels, std::span<const std::string> sources,
                         std::size_t processes) noexcept {
    constexpr std::size_t decisions = in_lines(sizeof(Block<DecisionCounters>));
    const std::size_t process = in_lines(sizeof(Process)) + (labels.size() + 1) * decisions +
                                sources.size() * in_lines(sizeof(Block<SourceCounters>));
    std::size_t bytes = cache_line + in_lines(sizeof(Zone)) + in_lines(sizeof(Process)) +
                        decisions + name_bytes(other_label) + processes * process;
    for (const auto names : {labels, sources}) {
        for (const std::string& name : names) {
            bytes += name_bytes(name);
        }
    }
    return bytes;
}

const Name* Zone::name(NameKind kind, std::string_view text) noexcept {
    for (const Name* name = names_.load(); name != nullptr; name = name->next.load()) {
        if (name->kind == kind && name->view() == text) {
            return name;
        }
    }
    std::size_t& count = kind == NameKind::label ? labels_ : sources_;
    // "other" is one more.
    if (count >= (kind == NameKind::label ? max_labels + 1 : max_sources)) {
        return nullptr;
    }
    auto* const name = static_cast<Name*>(allocate(sizeof(Name) + text.size()));
    if (name == nullptr) {
        return nullptr;
    }
    name->kind = kind;
    name->size = static_cast<std::uint32_t>(text.size());
    std::copy(text.begin(), text.end(), name->text);
    last_name_->store(name);
    last_name_ = &name->next;
    ++count;
    return name;
}

Process* Zone::claim(const ProcessId& id, const IsGone& is_gone) {
    Process* process = processes_.load();
    while (process != nullptr && (process == shared_ || !is_free(*process, id, is_gone))) {
        process = process->next.load();
    }
    if (process == nullptr) {
        process = static_cast<Process*>(allocate(sizeof(Process)));
        if (process == nullptr) {
            return nullptr;
        }
        process->next.store(processes_.load());
        processes_.store(process);
    }
    forget_state(*process);
    process->start.store(id.start);
    process->pid.store(id.pid);
    return process;
}

Block<DecisionCounters>* Zone::decisions(Process& process, const Name* name) noexcept {
    return block(process.decisions, name);
}

Block<SourceCounters>* Zone::sources(Process& process, const Name* name) noexcept {
    return block(process.sources, name);
}

template <typename Counters>
Block<Counters>* Zone::block(std::atomic<Block<Counters>*>& first, const Name* name) noexcept {
    for (auto* block = first.load(); block != nullptr; block = block->next.load()) {
        if (block->name == name) {
            return block;
        }
    }
    auto* const block = static_cast<Block<Counters>*>(allocate(sizeof(Block<Counters>)));
    if (block != nullptr) {
        block->name = name;
        block->next.store(first.load());
        first.store(block);
    }
    return block;
}

// Zeroed, as a counter that nobody has written is.
void* Zone::allocate(std::size_t bytes) noexcept {
    bytes = in_lines(bytes);
    if (bytes > static_cast<std::size_t>(end_ - free_)) {
        return nullptr;
    }
    return std::memset(std::exchange(free_, free_ + bytes), 0, bytes);
}

} // namespace sallyport::metrics
