#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

inline BytesView bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view text(BytesView buffer) {
    return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

// Overwrites memory in a way that the compiler does not optimize away. `memory` may be null if
// `size` is 0.
void cleanse(void* memory, std::size_t size) noexcept;

// The time depends only on the lengths.
bool equal_in_constant_time(BytesView one, BytesView other) noexcept;

// Bytes that are overwritten when they are no longer needed. Movable, not copyable.
class Secret {
  public:
    Secret() = default;
    explicit Secret(BytesView buffer) : bytes_(buffer.begin(), buffer.end()) {}
    explicit Secret(Bytes&& buffer) noexcept : bytes_(std::move(buffer)) {}
    Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { wipe(); }

    [[nodiscard]] BytesView view() const noexcept { return bytes_; }
    [[nodiscard]] std::span<std::uint8_t> writable() noexcept { return bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
    // Keeps the first `size` bytes and wipes the others.
    void shorten(std::size_t size) noexcept;

  private:
    void wipe() noexcept;

    Bytes bytes_;
};

} // namespace sallyport
