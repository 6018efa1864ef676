#include "jwt/keyset.hpp"

#include <functional>

#include "base/unique_id.hpp"

namespace sallyport::jwt {

Keyset::Keyset(std::vector<Key> keys) : id_(unique_id()), keys_(std::move(keys)) {
    for (std::uint32_t i = 0; i < keys_.size(); ++i) {
        const Key& key = keys_[i];
        if (key.kid()) {
            by_kid_[*key.kid()].push_back(i);
        }
        for (unsigned a = 0; a < algorithm_count; ++a) {
            if (key.algorithms().contains(static_cast<Algorithm>(a)) &&
                by_algorithm_[a].size() < Candidates::limit) {
                by_algorithm_[a].push_back(i);
            }
        }
    }
}

void Keyset::find(std::optional<std::string_view> kid, Algorithm algorithm,
                  Candidates& found) const {
    if (!kid) {
        for (const std::uint32_t i : by_algorithm_[static_cast<std::size_t>(algorithm)]) {
            found.add(keys_[i]);
        }
        return;
    }
    const auto entry = by_kid_.find(*kid);
    if (entry == by_kid_.end()) {
        return;
    }
    found.note_kid();
    for (const std::uint32_t i : entry->second) {
        if (keys_[i].algorithms().contains(algorithm)) {
            found.add(keys_[i]);
        }
    }
}

bool Keyset::owns(const Key& key) const noexcept {
    const std::less<const Key*> before;
    return !before(&key, keys_.data()) && before(&key, keys_.data() + keys_.size());
}

} // namespace sallyport::jwt
