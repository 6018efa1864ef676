#include "auth/credential.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace sallyport::auth {
namespace {

constexpr bool is_alphanumeric(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr auto in_token68 = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("-._~+/")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    for (std::size_t c = 0; c < table.size(); ++c) {
        table[c] = table[c] || is_alphanumeric(static_cast<char>(c));
    }
    return table;
}();

bool is_token68(std::string_view text) noexcept {
    const auto end = std::find_if(text.begin(), text.end(), [](char c) {
        return !in_token68[static_cast<unsigned char>(c)];
    });
    return end != text.begin() && std::all_of(end, text.end(), [](char c) { return c == '='; });
}

std::optional<Method> method_of(std::string_view scheme) noexcept {
    if (equal_ignoring_case(scheme, "Bearer")) {
        return Method::jwt;
    }
    if (equal_ignoring_case(scheme, "Basic")) {
        return Method::password;
    }
    return equal_ignoring_case(scheme, "Api-Key") ? std::optional(Method::api_key) : std::nullopt;
}

} // namespace

Result<std::optional<Credential>, Reason> parse_authorization(std::string_view field_value) {
    const auto end = std::min(field_value.find(' '), field_value.size());
    const std::string_view scheme = field_value.substr(0, end);
    if (!is_token(scheme)) {
        return Failure{Reason::malformed_authorization};
    }
    const auto method = method_of(scheme);
    if (!method) {
        return std::optional<Credential>();
    }
    std::string_view text = field_value.substr(end);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (*method == Method::api_key ? !is_api_key(text) : !is_token68(text)) {
        return Failure{Reason::malformed_authorization};
    }
    return std::optional(Credential{*method, text});
}

std::optional<Method> scheme_method(std::string_view field_value) noexcept {
    return method_of(field_value.substr(0, field_value.find(' ')));
}

bool is_api_key(std::string_view text) noexcept {
    return !text.empty() && text.size() <= max_api_key_bytes &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Result<UserPassword, Reason> UserPassword::decode(std::string_view base64) {
    auto octets = base64_decode(base64);
    if (!octets) {
        return Failure{Reason::malformed_authorization};
    }
    Secret secret(std::move(*octets));
    const std::string_view both = text(secret.view());
    const auto colon = both.find(':');
    if (colon == std::string_view::npos || has_control(both)) {
        return Failure{Reason::malformed_authorization};
    }
    return UserPassword(std::move(secret), colon);
}

UserPassword UserPassword::of(std::string_view user, std::string_view password) {
    Bytes text;
    text.reserve(user.size() + 1 + password.size());
    text.insert(text.end(), user.begin(), user.end());
    text.push_back(':');
    text.insert(text.end(), password.begin(), password.end());
    return {Secret(std::move(text)), user.size()};
}

} // namespace sallyport::auth
