#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/reason.hpp"
#include "base/result.hpp"
#include "jwt/algorithm.hpp"
#include "json/document.hpp"

namespace sallyport::jwt {

constexpr std::size_t max_token_bytes = 16 << 10;

// The segments of a compact serialisation (RFC 7515 section 7.1), still encoded; borrowed.
struct Segments {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signing_input;
};

// Nothing unless there are exactly three segments, the first two not empty.
std::optional<Segments> split_token(std::string_view compact) noexcept;

// The parameters of a JOSE header that are used. "jwk", "jku", "x5u" and "x5c" are ignored.
struct Header {
    json::Document members;
    Algorithm algorithm;
    std::optional<std::string_view> kid; // borrowed from members; none for null
    // "typ" says that it is no credential, but for example a logout token (RFC 8725 section 3.11).
    bool is_no_credential = false;
};

// Why a token was refused, and its kid for the log.
struct Refusal {
    Reason reason;
    std::string kid;
};

// Refuses unknown algorithms, including "none", any "crit", and "b64": false (RFC 7797).
Result<Header, Refusal> parse_header(std::string_view segment);

} // namespace sallyport::jwt
