#pragma once

#include <cstdint>
#include <memory>

#include "base/secret.hpp"

namespace sallyport {

// SipHash-2-4 under a random key that only this object ever has, for tables whose keys come from
// strangers: nobody can choose texts that meet. One thread at a time; throws only when OpenSSL
// cannot work at all.
class TableHash {
  public:
    TableHash();
    TableHash(TableHash&&) noexcept;
    TableHash& operator=(TableHash&&) noexcept;
    ~TableHash();

    std::uint64_t operator()(BytesView octets);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace sallyport
