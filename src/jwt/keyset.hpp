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
    // A signature check costs; a token that names no key, or one of many, gets this many.
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
    // A key of the token's kid exists, though perhaps none for its algorithm.
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

    // No other that this process makes has it, but copies have. Not 0.
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }
    [[nodiscard]] std::span<const Key> keys() const noexcept { return keys_; }

    // Adds the keys that may have made a token: those of its kid that can do its algorithm; for a
    // token without kid, all that can.
    void find(std::optional<std::string_view> kid, Algorithm algorithm, Candidates& found) const;
    // One of keys(), and not one like it.
    [[nodiscard]] bool owns(const Key& key) const noexcept;

  private:
    using Indices = std::vector<std::uint32_t>;

    std::uint64_t id_;
    std::vector<Key> keys_;
    StringMap<Indices> by_kid_;
    std::array<Indices, algorithm_count> by_algorithm_; // the first Candidates::limit of each
};

} // namespace sallyport::jwt
