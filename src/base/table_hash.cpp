#include "base/table_hash.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <openssl/rand.h>

namespace sallyport {
namespace {

__extension__ using Wide = unsigned __int128;

Wide wide(const std::array<std::uint64_t, 2>& halves) noexcept {
    return Wide{halves[0]} << 64 | halves[1];
}

} // namespace

TableHash::TableHash() {
    if (RAND_bytes(reinterpret_cast<std::uint8_t*>(key_.data()), sizeof(key_)) != 1) {
        throw std::runtime_error("no random numbers");
    }
}

std::uint64_t TableHash::operator()(BytesView octets) const noexcept {
    std::array<std::uint64_t, words> text{};
    if (octets.size() >= max_octets) {
        std::memcpy(text.data(), octets.last(max_octets).data(), max_octets);
    } else {
        std::copy(octets.begin(), octets.end(), reinterpret_cast<std::uint8_t*>(text.data()));
    }
    Wide sum = wide(key_[words]);
    for (std::size_t i = 0; i < words; ++i) {
        sum += wide(key_[i]) * text[i];
    }
    return static_cast<std::uint64_t>(sum >> 64);
}

} // namespace sallyport
