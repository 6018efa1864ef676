#include "base/secret.hpp"

#include <cstring>

#include <openssl/crypto.h>

namespace sallyport {

void cleanse(void* memory, std::size_t size) noexcept {
    if (size != 0) {
        explicit_bzero(memory, size);
    }
}

bool equal_in_constant_time(BytesView one, BytesView other) noexcept {
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        bytes_ = std::move(other.bytes_);
        other.bytes_.clear();
    }
    return *this;
}

void Secret::shorten(std::size_t size) noexcept {
    if (size < bytes_.size()) {
        cleanse(bytes_.data() + size, bytes_.size() - size);
        bytes_.resize(size);
    }
}

void Secret::wipe() noexcept {
    if (!bytes_.empty()) {
        cleanse(bytes_.data(), bytes_.size());
    }
}

} // namespace sallyport
