#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "stores.hpp"

namespace sallyport::test {

using Records = std::vector<auth::RevocationRecord>;

constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

inline auth::RevocationRecord record(const std::string& name, std::int64_t until,
                                     std::int64_t issued_before = unlimited,
                                     std::uint8_t shape = 20) {
    return {sha256(bytes(name)), shape, issued_before, until};
}

inline auth::StoreOutcome add(const Story& story, Records records, bool is_refill = false) {
    return take(story.store, auth::AddRevocations{std::move(records), story.now, is_refill},
                story.patience);
}

inline auth::StoreOutcome remove(const Story& story, const auth::RevocationRecord& record) {
    return take(story.store, auth::RemoveRevocation{record, story.now}, story.patience);
}

inline auth::RevocationChanges read(const Story& story, const std::string& epoch = "",
                                    std::int64_t version = 0) {
    const auto outcome =
        take(story.store, auth::ReadRevocations{epoch, version, story.now}, story.patience);
    return outcome.kind == Kind::done && outcome.revocations != nullptr
               ? *outcome.revocations
               : throw std::runtime_error("no changes");
}

// Somebody who follows the list.
struct Reader {
    std::string epoch{};
    std::int64_t version = 0;
    std::map<Digest, auth::RevocationRecord> records{};
    int pages = 0;
    int wholes = 0;

    void follow(const Story& story) {
        for (bool more = true; more;) {
            const auth::RevocationChanges changes = read(story, epoch, version);
            if (changes.whole) {
                records.clear();
                ++wholes;
            }
            for (const auth::RevocationRecord& one : changes.removed) {
                records.erase(one.key);
            }
            for (const auth::RevocationRecord& one : changes.added) {
                records[one.key] = one;
            }
            epoch = changes.epoch;
            version = changes.version;
            more = changes.more;
            ++pages;
        }
        std::erase_if(records, [&](const auto& one) { return one.second.until <= story.now; });
    }
    [[nodiscard]] Records all() const {
        Records all;
        for (const auto& one : records) {
            all.push_back(one.second);
        }
        return all;
    }
};

} // namespace sallyport::test
