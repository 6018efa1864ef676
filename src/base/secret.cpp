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
        octets_ = std::move(other.octets_);
        other.octets_.clear();
    }
    return *this;
}

void Secret::shorten(std::size_t size) noexcept {
    if (size < octets_.size()) {
        cleanse(octets_.data() + size, octets_.size() - size);
        octets_.resize(size);
    }
}

void Secret::wipe() noexcept {
    if (!octets_.empty()) {
        cleanse(octets_.data(), octets_.size());
    }
}

} // namespace sallyport
