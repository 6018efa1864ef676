#include "auth/credential.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace sallyport::auth {
namespace {

bool is_alphanumeric(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 9110 section 5.6.2
bool is_token_char(char c) noexcept {
    return is_alphanumeric(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token68(std::string_view text) noexcept {
    const auto end = std::find(text.begin(), text.end(), '=');
    return end != text.begin() &&
           std::all_of(text.begin(), end,
                       [](char c) {
                           return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' ||
                                  c == '~' || c == '+' || c == '/';
                       }) &&
           std::all_of(end, text.end(), [](char c) { return c == '='; });
}

} // namespace

Result<std::optional<std::string_view>, Reason> bearer_token(std::string_view field_value) {
    const auto end = std::min(field_value.find(' '), field_value.size());
    const std::string_view scheme = field_value.substr(0, end);
    if (scheme.empty() || !std::all_of(scheme.begin(), scheme.end(), is_token_char)) {
        return Failure{Reason::malformed_authorization};
    }
    if (!equal_ignoring_case(scheme, "Bearer")) {
        return std::optional<std::string_view>();
    }
    std::string_view token = field_value.substr(end);
    token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
    if (!is_token68(token)) {
        return Failure{Reason::malformed_authorization};
    }
    return std::optional(token);
}

} // namespace sallyport::auth
