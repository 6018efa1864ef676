#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

// Whether the text contains a byte that is not allowed in a header field value (RFC 9110 section
// 5.5).
constexpr bool has_control(std::string_view text) noexcept {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            return true;
        }
    }
    return false;
}

// Whether the text can be the name of a subject, tenant or role: it must reach an application
// unchanged in a header field. Not allowed: an empty text, control characters (C0, DEL, C1), and
// white space at either end, which receivers strip (RFC 9110 section 5.5; applications also strip
// that of Unicode).
bool is_name(std::string_view text) noexcept;

// Whether the text is a token (RFC 9110 section 5.6.2), such as the name of a field or a scheme.
bool is_token(std::string_view text) noexcept;

// Compares ASCII letters without regard to case.
bool equal_ignoring_case(std::string_view one, std::string_view other) noexcept;

// The pieces between separators, without empty ones.
std::vector<std::string_view> split(std::string_view text, char separator);

// Whether a path has a ".." between slashes. A name from a request must not leave the configured
// directory.
bool climbs(std::string_view path);

// For log lines: quotes, backslashes and bytes that are not printable ASCII become \xHH. At most
// `limit` bytes of the text are used.
std::string log_safe(std::string_view text, std::size_t limit);

} // namespace sallyport
