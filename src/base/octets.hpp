#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sallyport {

// The number of bytes that all common processors compare with one instruction. A comparison sets
// all bits of the bytes for which it is true.
constexpr std::size_t octet_block = 16;
using Octets [[gnu::vector_size(octet_block)]] = unsigned char;

// The block need not be aligned.
inline Octets load_octets(const char* text) noexcept {
    Octets octets;
    std::memcpy(&octets, text, octet_block);
    return octets;
}

// Whether all bits are set.
inline bool all_set(Octets octets) noexcept {
    std::array<std::uint64_t, 2> halves;
    static_assert(sizeof(halves) == sizeof(octets));
    std::memcpy(halves.data(), &octets, sizeof(octets));
    return (halves[0] & halves[1]) == ~std::uint64_t{0};
}

} // namespace sallyport
