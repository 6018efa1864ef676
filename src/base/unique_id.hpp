#pragma once

#include <atomic>
#include <cstdint>

namespace sallyport {

// A number that this process gives out once. Never 0. Any thread.
inline std::uint64_t unique_id() noexcept {
    static std::atomic<std::uint64_t> latest{0};
    return ++latest;
}

} // namespace sallyport
