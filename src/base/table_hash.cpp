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

std::uint64_t TableHash::operator()(BytesView buffer) const noexcept {
    std::array<std::uint64_t, words> text{};
    if (buffer.size() >= max_bytes) {
        std::memcpy(text.data(), buffer.last(max_bytes).data(), max_bytes);
    } else {
        std::copy(buffer.begin(), buffer.end(), reinterpret_cast<std::uint8_t*>(text.data()));
    }
    Wide sum = wide(key_[words]);
    for (std::size_t i = 0; i < words; ++i) {
        sum += wide(key_[i]) * text[i];
    }
    return static_cast<std::uint64_t>(sum >> 64);
}

} // namespace sallyport
