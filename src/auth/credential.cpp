#include "auth/credential.hpp"

#include <algorithm>
#include <array>

#include "base/byte_block.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

namespace sallyport::auth {
namespace {

// Sets all bits of the bytes that are a letter, a digit or one of - . _ ~ + / (RFC 9110 section
// 11.2).
ByteBlock find_token68(const char* text) noexcept {
    const ByteBlock buffer = load_block(text);
    const auto letters = (buffer | 0x20) - 'a' <= 'z' - 'a';
    const auto digits_dash_dot_slash = buffer - '-' <= '9' - '-';
    const auto signs = (buffer == '_') | (buffer == '~') | (buffer == '+');
    return reinterpret_cast<ByteBlock>(letters | digits_dash_dot_slash | signs);
}

bool is_token68(std::string_view text) noexcept {
    text = text.substr(0, text.find_last_not_of('=') + 1);
    if (text.size() < block_bytes) {
        std::array<char, block_bytes> padded;
        padded.fill('.');
        std::copy(text.begin(), text.end(), padded.begin());
        return !text.empty() && is_token68({padded.data(), block_bytes});
    }
    ByteBlock good = find_token68(text.data() + text.size() -
                                  block_bytes); // the rest, which overlaps the block before
    for (std::size_t i = 0; i + block_bytes <= text.size(); i += block_bytes) {
        good &= find_token68(text.data() + i);
    }
    return all_set(good);
}

struct Scheme {
    std::string_view name;
    Method method;
    TokenScheme of_token = TokenScheme::none;
};

constexpr std::array schemes{
    Scheme{"Bearer", Method::jwt, TokenScheme::bearer},
    Scheme{"DPoP", Method::jwt, TokenScheme::dpop},
    Scheme{"Basic", Method::password},
    Scheme{"Api-Key", Method::api_key},
};

} // namespace

Result<std::optional<Credential>, Reason> find_credential(std::string_view field_value) {
    const auto end = std::min(field_value.find(' '), field_value.size());
    const std::string_view name = field_value.substr(0, end);
    const auto* const scheme =
        std::find_if(schemes.begin(), schemes.end(),
                     [&](const Scheme& each) { return equal_ignoring_case(each.name, name); });
    if (scheme == schemes.end()) {
        return is_token(name) ? Result<std::optional<Credential>, Reason>(std::nullopt)
                              : Failure{Reason::malformed_authorization};
    }
    std::string_view text = field_value.substr(end);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return std::optional(Credential{scheme->method, text, scheme->of_token});
}

bool is_well_formed(const Credential& credential) noexcept {
    return credential.method == Method::api_key ? is_api_key(credential.text)
                                                : is_token68(credential.text);
}

bool is_api_key(std::string_view text) noexcept {
    return !text.empty() && text.size() <= max_api_key_bytes &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Result<UserPassword, Reason> UserPassword::decode(std::string_view base64) {
    auto buffer = base64_decode(base64);
    if (!buffer) {
        return Failure{Reason::malformed_authorization};
    }
    Secret secret(std::move(*buffer));
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
