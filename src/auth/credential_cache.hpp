#pragma once

#include <cstdint>
#include <string_view>

#include "auth/account.hpp"
#include "auth/credential.hpp"
#include "base/digest.hpp"
#include "base/lru.hpp"

namespace sallyport::auth {

// Recently authenticated passwords and keys, so that not every request needs a slow hash or a
// lookup. Contains neither credentials nor anything that could be compared with them outside of
// this object. Invalid credentials are not cached. Bounded; one thread.
class CredentialCache {
  public:
    static constexpr std::size_t limit = 16384;

    // Identifies a credential for its source (a file or a lookup).
    Digest key(std::string_view source, Method method, std::string_view user,
               std::string_view secret);

    // The owner of a credential that was authenticated less than `max_age` ago, while its source
    // was in its current state; otherwise null. Times are milliseconds of any steady clock. The
    // generation of a source changes whenever the source does.
    SharedAccount find(const Digest& key, std::uint64_t generation, std::uint64_t now,
                       std::uint64_t max_age);
    void add(const Digest& key, SharedAccount account, std::uint64_t generation, std::uint64_t now);

  private:
    struct Entry {
        SharedAccount account;
        std::uint64_t generation;
        std::uint64_t proved_at;
    };

    KeyedHash hash_;
    Lru<Digest, Entry, DigestHash> entries_{limit};
};

} // namespace sallyport::auth
