#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "jwt/keyset.hpp"

namespace sallyport::jwt {

constexpr std::size_t max_keyset_bytes = 8 << 20;

enum class KeysetFormat {
    jwks,   // a JWK Set, RFC 7517 section 5
    keyval, // a JSON object: kid -> PEM public key or certificate, or a secret as it is
};

enum class WeakKeys { refused, allowed };

// A key set and one sentence for each key that was left out of it. Keys of unknown type, and those
// that are not for verifying, are left out in silence. May be empty.
struct LoadedKeyset {
    Keyset keys;
    std::vector<std::string> warnings;
};

Result<LoadedKeyset> load_keyset(std::string_view text, KeysetFormat format, WeakKeys weak);

} // namespace sallyport::jwt
