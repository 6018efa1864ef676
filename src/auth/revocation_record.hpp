#pragma once

#include <cstdint>

#include "base/digest.hpp"

namespace sallyport::auth {

// A revocation as tables and stores keep it. Those with the same key are one. Times are seconds
// since the epoch.
struct RevocationRecord {
    Digest key;         // of the source, the kind, the tenant, the issuer and the value
    std::uint8_t shape; // the number of a RevocationShape
    std::int64_t issued_before;
    std::int64_t until; // exclusive

    bool operator==(const RevocationRecord&) const = default;
};

} // namespace sallyport::auth
