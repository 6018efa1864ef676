#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>

#include "base/secret.hpp"

namespace sallyport {

using Digest = std::array<std::uint8_t, 32>;

// SHA-256. Any thread; throws only when OpenSSL cannot work at all.
Digest sha256(BytesView octets);

// Of OpenSSL 3.0 the releases before 3.0.3 do not rewind an HMAC unless its key is given again,
// which costs two blocks.
bool hmac_needs_key() noexcept;

// HMAC-SHA-256 under a random key that only this object ever has: what it makes of a secret can be
// kept and compared, and says nothing outside. One thread at a time.
class KeyedHash {
  public:
    KeyedHash();
    KeyedHash(KeyedHash&&) noexcept;
    KeyedHash& operator=(KeyedHash&&) noexcept;
    ~KeyedHash();

    // Of all parts; each counts with its length, so that no two lists of parts are one text.
    Digest operator()(std::initializer_list<BytesView> parts);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// For tables whose keys are digests, which are as random as a hash can be.
struct DigestHash {
    std::size_t operator()(const Digest& digest) const noexcept {
        std::size_t value = 0;
        std::memcpy(&value, digest.data(), sizeof(value));
        return value;
    }
};

} // namespace sallyport
