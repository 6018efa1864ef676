#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/string_map.hpp"
#include "jwt/key.hpp"

namespace sallyport::jwt {

// The keys to try for one token, in the order of their sources; borrowed from the key sets.
class Candidates {
  public:
    // The maximum of keys for a token without kid, or with one that many keys share: verifying is
    // expensive.
    static constexpr std::size_t limit = 8;

    void add(const Key& key) noexcept {
        if (size_ < limit) {
            keys_[size_++] = &key;
        }
    }
    void note_kid() noexcept { kid_known_ = true; }

    [[nodiscard]] std::span<const Key* const> keys() const noexcept {
        return {keys_.data(), size_};
    }
    // A key with the token's kid exists, though perhaps none for its algorithm.
    [[nodiscard]] bool kid_known() const noexcept { return kid_known_; }

  private:
    std::array<const Key*, limit> keys_;
    std::size_t size_ = 0;
    bool kid_known_ = false;
};

// An immutable set of verification keys, found by kid in constant time.
class Keyset {
  public:
    explicit Keyset(std::vector<Key> keys);

    // Unique in this process, except for copies. Never 0.
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }
    [[nodiscard]] std::span<const Key> keys() const noexcept { return keys_; }

    // Adds the keys that may have signed a token: those with its kid that support its algorithm,
    // or, for a token without kid, all that support it.
    void find(std::optional<std::string_view> kid, Algorithm algorithm, Candidates& found) const;
    // It is one of keys() itself, and not an equal key.
    [[nodiscard]] bool owns(const Key& key) const noexcept;

  private:
    using Indices = std::vector<std::uint32_t>;

    std::uint64_t id_;
    std::vector<Key> keys_;
    StringMap<Indices> by_kid_;
    std::array<Indices, algorithm_count> by_algorithm_; // the first Candidates::limit of each
};

} // namespace sallyport::jwt
