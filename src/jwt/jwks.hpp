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

// A key set and why keys were left out of it. May be empty.
struct LoadedKeyset {
    static constexpr std::size_t max_keys = 10'000;
    static constexpr std::size_t max_sentences = 20;

    Keyset keys;
    std::size_t left_out = 0;
    // One sentence for each of the first max_sentences keys that were left out: broken or weak
    // ones, and those that are for something else or unknown (RFC 7517 section 5).
    std::vector<std::string> warnings;
    std::vector<std::string> notices;
};

// A set of more than max_keys, usable or not, is an error.
Result<LoadedKeyset> load_keyset(std::string_view text, KeysetFormat format, WeakKeys weak);

} // namespace sallyport::jwt
