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

// SHA-256. Any thread; throws only if OpenSSL fails.
Digest sha256(BytesView buffer);

// OpenSSL 3.0.0 to 3.0.2 do not reset an HMAC unless the key is set again, which takes two more
// blocks.
bool hmac_needs_key() noexcept;

// HMAC-SHA-256 with a random key that never leaves this object. The digest of a secret can be
// stored and compared, and is useless to anyone without the key. One thread at a time.
class KeyedHash {
  public:
    KeyedHash();
    KeyedHash(KeyedHash&&) noexcept;
    KeyedHash& operator=(KeyedHash&&) noexcept;
    ~KeyedHash();

    // Hashes all parts, each with its length, so that different lists of parts never form the same
    // input.
    Digest operator()(std::initializer_list<BytesView> parts);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// For hash tables whose keys are digests, and so are random already.
struct DigestHash {
    std::size_t operator()(const Digest& digest) const noexcept {
        std::size_t value = 0;
        std::memcpy(&value, digest.data(), sizeof(value));
        return value;
    }
};

} // namespace sallyport
