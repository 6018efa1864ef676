#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/secret.hpp"

namespace sallyport {

// Multilinear hashing (Dietzfelbinger 1996) under a random key that only this object ever has, for
// tables: two texts meet with a probability of 2^-64, unless they were chosen by one who knows the
// key. Not for secrets.
class TableHash {
  public:
    // Of a longer text the end counts; a shorter one counts as one with zeros behind it.
    static constexpr std::size_t max_octets = 32;

    // Throws when OpenSSL has no random numbers.
    TableHash();

    std::uint64_t operator()(BytesView octets) const noexcept;

  private:
    static constexpr std::size_t words = max_octets / sizeof(std::uint64_t);

    // A number of 128 bits for each word, and one more.
    std::array<std::array<std::uint64_t, 2>, words + 1> key_;
};

} // namespace sallyport
