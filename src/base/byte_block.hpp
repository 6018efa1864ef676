#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sallyport {

// The number of bytes that all common processors compare with one instruction. A comparison sets
// all bits of the bytes for which it is true.
constexpr std::size_t block_bytes = 16;
using ByteBlock [[gnu::vector_size(block_bytes)]] = unsigned char;

// The block need not be aligned.
inline ByteBlock load_block(const char* text) noexcept {
    ByteBlock buffer;
    std::memcpy(&buffer, text, block_bytes);
    return buffer;
}

// Whether all bits are set.
inline bool all_set(ByteBlock buffer) noexcept {
    std::array<std::uint64_t, 2> halves;
    static_assert(sizeof(halves) == sizeof(buffer));
    std::memcpy(halves.data(), &buffer, sizeof(buffer));
    return (halves[0] & halves[1]) == ~std::uint64_t{0};
}

} // namespace sallyport
