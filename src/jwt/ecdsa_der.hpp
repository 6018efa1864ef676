#pragma once

#include <array>
#include <cstddef>

#include "base/secret.hpp"

namespace sallyport::jwt {

// ECDSA signatures are R || S in a token (RFC 7518 section 3.4), and a DER SEQUENCE of two INTEGERs
// for OpenSSL. Holds the encoding of one signature of at most P-521's size.
class EcdsaDer {
  public:
    static constexpr std::size_t max_coordinate = 66;

    // `signature` is R || S, both of the same size, at most max_coordinate bytes each. The result
    // borrows from this object; empty for a signature of any other size.
    BytesView encode(BytesView signature);

  private:
    // SEQUENCE header of at most 3 bytes, two INTEGERs of at most 2 + 1 + 66.
    std::array<std::uint8_t, 3 + 2 * (3 + max_coordinate)> der_;
};

// R || S of coordinates of `field_bytes` bytes from a signature by OpenSSL; empty if it is not a
// DER signature of that size.
Bytes ecdsa_raw(BytesView der, std::size_t field_bytes);

} // namespace sallyport::jwt
