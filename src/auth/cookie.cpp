#include "auth/cookie.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace sallyport::auth {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view without_leading_blanks(std::string_view text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text;
}

bool begins_with_cookie(std::string_view text, std::string_view name) noexcept {
    text = without_leading_blanks(text);
    return equal_ignoring_case(text.substr(0, name.size()), name) &&
           without_leading_blanks(text.substr(std::min(name.size(), text.size()))).starts_with('=');
}

// What is left of the text between two semicolons.
std::string_view left_of(std::string_view piece, std::string_view name) noexcept {
    for (std::size_t begin = 0;;) {
        if (begins_with_cookie(piece.substr(begin), name)) {
            return piece.substr(0, begin == 0 ? 0 : begin - 1);
        }
        const auto comma = piece.find(',', begin);
        if (comma == std::string_view::npos) {
            return piece;
        }
        begin = comma + 1;
    }
}

} // namespace

std::string without_cookie(std::string_view field, std::string_view name) {
    std::string left;
    bool is_removed = false;
    for (std::string_view rest = field; !rest.empty();) {
        const auto end = std::min(rest.find(';'), rest.size());
        const std::string_view kept = left_of(rest.substr(0, end), name);
        const std::string_view piece = without_leading_blanks(kept);
        is_removed = is_removed || kept.size() != end;
        if (!piece.empty()) {
            left += (left.empty() ? "" : "; ") + std::string(piece);
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return is_removed ? left : std::string(field);
}

} // namespace sallyport::auth
