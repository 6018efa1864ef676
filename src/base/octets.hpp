#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sallyport {

// As many octets as every processor of these times looks at with one instruction. A comparison sets
// all bits of those for which it is true.
constexpr std::size_t octet_block = 16;
using Octets [[gnu::vector_size(octet_block)]] = unsigned char;

// Of a block that need not be aligned.
inline Octets load_octets(const char* text) noexcept {
    Octets octets;
    std::memcpy(&octets, text, octet_block);
    return octets;
}

// All bits are.
inline bool all_set(Octets octets) noexcept {
    std::array<std::uint64_t, 2> halves;
    static_assert(sizeof(halves) == sizeof(octets));
    std::memcpy(halves.data(), &octets, sizeof(octets));
    return (halves[0] & halves[1]) == ~std::uint64_t{0};
}

} // namespace sallyport
