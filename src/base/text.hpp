#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

// Holds an octet that may not stand in a header field value (RFC 9110 section 5.5).
constexpr bool has_control(std::string_view text) noexcept {
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x20 || octet == 0x7f) {
            return true;
        }
    }
    return false;
}

// Fit to be the name of a subject, tenant or role: it reaches an application in a header field
// unchanged. Not so are an empty text, control characters (C0, DEL, C1), and white space at an
// edge, which receivers strip (RFC 9110 section 5.5; Unicode's too, by applications).
bool is_name(std::string_view text) noexcept;

// A token of RFC 9110 section 5.6.2, such as the name of a field or a scheme.
bool is_token(std::string_view text) noexcept;

// Equal but for the case of ASCII letters.
bool equal_ignoring_case(std::string_view one, std::string_view other) noexcept;

// The non-empty pieces between separators.
std::vector<std::string_view> split(std::string_view text, char separator);

// Has a ".." between slashes: a name made from a request must not lead out of where the
// configuration points.
bool climbs(std::string_view path);

// For a log line: quotes, backslashes and what is not printable ASCII as \xHH, cut at `limit`
// octets of input.
std::string log_safe(std::string_view text, std::size_t limit);

} // namespace sallyport
