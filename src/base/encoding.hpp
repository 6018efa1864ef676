#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace sallyport {

// base64url without padding (RFC 4648 section 5, RFC 7515 appendix C). Strict: each sequence of
// bytes has exactly one encoding, so padding, line breaks, other alphabets and stray bits are
// rejected.
std::optional<Bytes> base64url_decode(std::string_view encoded);
std::string base64url_encode(BytesView buffer);

// The number of bytes that `encoded` characters of base64url decode to.
constexpr std::size_t base64url_decoded_size(std::size_t encoded) noexcept {
    return encoded / 4 * 3 + encoded % 4 * 3 / 4;
}

// Decodes into a buffer of base64url_decoded_size(encoded.size()) bytes. Returns false if `encoded`
// is not base64url.
bool base64url_decode_into(std::string_view encoded, std::uint8_t* out) noexcept;

// base64 with padding (RFC 4648 section 4). As strict as base64url_decode.
std::optional<Bytes> base64_decode(std::string_view encoded);

// Hexadecimal in upper or lower case, with an even number of digits.
std::optional<Bytes> hex_decode(std::string_view encoded);
// Decodes into a buffer of half as many bytes.
bool hex_decode_into(std::string_view encoded, std::uint8_t* out) noexcept;

} // namespace sallyport
