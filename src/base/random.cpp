#include "base/random.hpp"

#include <array>
#include <cstdint>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/rand.h>

#include "base/encoding.hpp"

namespace sallyport {

std::string random_id() {
    std::array<std::uint8_t, 16> buffer{};
    if (RAND_bytes(buffer.data(), static_cast<int>(buffer.size())) != 1) {
        ERR_clear_error();
        throw std::runtime_error("no randomness");
    }
    return base64url_encode(buffer);
}

} // namespace sallyport
