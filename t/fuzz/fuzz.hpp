#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <openssl/err.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace sallyport::fuzz {

// Unlike assert, also there when NDEBUG is.
inline void hold(bool condition, const char* what) {
    if (!condition) {
        std::fprintf(stderr, "does not hold: %s\n", what);
        std::abort();
    }
}

inline void error_queue_is_empty() {
    hold(ERR_peek_error() == 0, "OpenSSL's error queue is empty");
}

inline std::string_view view(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

} // namespace sallyport::fuzz
