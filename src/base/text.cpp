#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_token_char(char c) noexcept {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Unicode white space other than controls, and the byte order mark, in UTF-8.
constexpr std::array<std::string_view, 20> white_space{" ",
                                                       "\xc2\xa0",
                                                       "\xe1\x9a\x80",
                                                       "\xe2\x80\x80",
                                                       "\xe2\x80\x81",
                                                       "\xe2\x80\x82",
                                                       "\xe2\x80\x83",
                                                       "\xe2\x80\x84",
                                                       "\xe2\x80\x85",
                                                       "\xe2\x80\x86",
                                                       "\xe2\x80\x87",
                                                       "\xe2\x80\x88",
                                                       "\xe2\x80\x89",
                                                       "\xe2\x80\x8a",
                                                       "\xe2\x80\xa8",
                                                       "\xe2\x80\xa9",
                                                       "\xe2\x80\xaf",
                                                       "\xe2\x81\x9f",
                                                       "\xe3\x80\x80",
                                                       "\xef\xbb\xbf"};

// U+0080 to U+009F, in UTF-8.
bool has_c1_control(std::string_view text) noexcept {
    for (auto at = text.find('\xc2'); at != std::string_view::npos;
         at = text.find('\xc2', at + 1)) {
        const auto next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0;
        if (next >= 0x80 && next < 0xa0) {
            return true;
        }
    }
    return false;
}

} // namespace

bool is_name(std::string_view text) noexcept {
    return !text.empty() && !has_control(text) && !has_c1_control(text) &&
           std::none_of(white_space.begin(), white_space.end(), [&](std::string_view space) {
               return text.starts_with(space) || text.ends_with(space);
           });
}

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
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
            safe += c;
        } else {
            safe += "\\x";
            safe += digits[byte >> 4];
            safe += digits[byte & 0x0f];
        }
    }
    if (text.size() > limit) {
        safe += "...";
    }
    return safe;
}

} // namespace sallyport
