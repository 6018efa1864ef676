#include "base/text.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_token_char(char c) noexcept {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

} // namespace

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool equal_ignoring_case(std::string_view one, std::string_view other) noexcept {
    return one == other || std::equal(one.begin(), one.end(), other.begin(), other.end(),
                                      [](char a, char b) { return lower(a) == lower(b); });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        if (end > 0) {
            pieces.push_back(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return pieces;
}

bool climbs(std::string_view path) {
    const auto segments = split(path, '/');
    return std::find(segments.begin(), segments.end(), "..") != segments.end();
}

std::string log_safe(std::string_view text, std::size_t limit) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string safe;
    for (const char c : text.substr(0, limit)) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet >= 0x20 && octet < 0x7f && c != '"' && c != '\\') {
            safe += c;
        } else {
            safe += "\\x";
            safe += digits[octet >> 4];
            safe += digits[octet & 0x0f];
        }
    }
    if (text.size() > limit) {
        safe += "...";
    }
    return safe;
}

} // namespace sallyport
