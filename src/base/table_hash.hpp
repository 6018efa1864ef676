#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/secret.hpp"

namespace sallyport {

// Multilinear hashing (Dietzfelbinger 1996) with a random key that never leaves this object, for
// hash tables: two texts collide with a probability of 2^-64, unless they were chosen by someone
// who knows the key. Not for secrets.
class TableHash {
  public:
    // Of a longer text only the end is hashed. A shorter one is hashed as if it were padded with
    // zeros.
    static constexpr std::size_t max_bytes = 32;

    // Throws if OpenSSL has no random numbers.
    TableHash();

    std::uint64_t operator()(BytesView buffer) const noexcept;

  private:
    static constexpr std::size_t words = max_bytes / sizeof(std::uint64_t);

    // A number of 128 bits for each word, and one more.
    std::array<std::array<std::uint64_t, 2>, words + 1> key_;
};

} // namespace sallyport
