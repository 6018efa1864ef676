#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/revocation_table.hpp"

namespace sallyport::test {

using Entries = std::vector<auth::RevocationEntry>;

// A table in a block of its own, whose list of single entries is ready.
class Memory {
  public:
    explicit Memory(std::size_t entries, std::uint64_t secret = 42)
        : size_(auth::RevocationTable::bytes_for(entries)),
          bytes_(std::make_unique<std::byte[]>(size_)),
          table_(auth::RevocationTable::create({bytes_.get(), size_}, secret)) {
        table_->set_state(auth::RevocationSource::single, auth::RevocationTable::State::ready);
    }

    auth::RevocationTable* operator->() const noexcept { return table_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    // What the table consists of.
    [[nodiscard]] std::span<std::uint64_t> words() const noexcept {
        return {reinterpret_cast<std::uint64_t*>(bytes_.get()), size_ / sizeof(std::uint64_t)};
    }
    [[nodiscard]] std::vector<std::uint64_t> copy() const {
        return {words().begin(), words().end()};
    }

  private:
    std::size_t size_;
    std::unique_ptr<std::byte[]> bytes_;
    auth::RevocationTable* table_;
};

inline std::vector<auth::RevocationRecord>
records(const Entries& entries, auth::RevocationSource source = auth::RevocationSource::file) {
    std::vector<auth::RevocationRecord> all;
    for (const auth::RevocationEntry& entry : entries) {
        all.push_back(record_of(entry, source));
    }
    return all;
}

// Calls `between` after each step but the last one.
template <typename Between>
bool replace_file(const Memory& table, std::span<const auth::RevocationRecord> records,
                  std::int64_t now, Between&& between) {
    auth::RevocationTable::FileChange change{records, now};
    for (;;) {
        const auto progress = table->replace_file(change);
        if (progress != auth::RevocationTable::Progress::more) {
            return progress == auth::RevocationTable::Progress::done;
        }
        between();
    }
}

inline bool load(const Memory& table, const Entries& entries, std::int64_t now = 100) {
    return replace_file(table, records(entries), now, [] {});
}

inline Entries many(std::size_t count, std::string_view prefix = "j") {
    Entries entries;
    for (std::size_t i = 0; i < count; ++i) {
        entries.push_back({auth::RevocationKind::jti, std::string(prefix) + std::to_string(i)});
    }
    return entries;
}

} // namespace sallyport::test
