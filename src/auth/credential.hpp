#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "auth/method.hpp"
#include "base/reason.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport::auth {

// The scheme of a token in an Authorization field.
enum class TokenScheme : std::uint8_t { none, bearer, dpop };

// What a client presents: a compact token, a user and a password in base64, or a key. Borrowed.
struct Credential {
    Method method;
    std::string_view text;
    TokenScheme scheme = TokenScheme::none;
};

// The credential in an Authorization field value (RFC 9110 section 11.6.2) with the scheme Bearer
// (RFC 6750 section 2.1), DPoP (RFC 9449 section 7.1), Basic (RFC 7617) or Api-Key. Does not check
// its characters. Empty for any other scheme, which may belong to the application. An error if
// there is no scheme.
Result<std::optional<Credential>, Reason> find_credential(std::string_view field_value);

// Whether the credential is not empty and contains only allowed characters: token68 for a token and
// for Basic, visible ASCII for a key.
bool is_well_formed(const Credential& credential) noexcept;

constexpr std::size_t max_api_key_bytes = 1024;

// Whether the text consists of visible ASCII characters, is not empty and does not exceed the
// limit.
bool is_api_key(std::string_view text) noexcept;

// The user and the password of the Basic scheme (RFC 7617 section 2).
class UserPassword {
  public:
    // Fails if the text is not base64, has no colon, or contains a control character such as NUL.
    static Result<UserPassword, Reason> decode(std::string_view base64);
    // For a user and a password from elsewhere, such as a request body.
    static UserPassword of(std::string_view user, std::string_view password);

    // The text before and after the first colon. Borrowed from this object.
    [[nodiscard]] std::string_view user() const noexcept { return all().substr(0, colon_); }
    [[nodiscard]] std::string_view password() const noexcept { return all().substr(colon_ + 1); }

  private:
    UserPassword(Secret text, std::size_t colon) noexcept : text_(std::move(text)), colon_(colon) {}
    [[nodiscard]] std::string_view all() const noexcept { return text(text_.view()); }

    Secret text_;
    std::size_t colon_;
};

} // namespace sallyport::auth
