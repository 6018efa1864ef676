#pragma once

#include <optional>
#include <string_view>

#include "auth/method.hpp"
#include "base/reason.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport::auth {

// What a client presents: a compact token, a base64 text of user and password, or a key. Borrowed.
struct Credential {
    Method method;
    std::string_view text;
};

// The credential in an Authorization field value (RFC 9110 section 11.6.2) with the scheme Bearer
// (RFC 6750 section 2.1), Basic (RFC 7617) or Api-Key, whatever its characters are; nothing for
// another scheme, which is somebody else's. Malformed: no scheme.
Result<std::optional<Credential>, Reason> find_credential(std::string_view field_value);

// It is there, and has no characters that none has: a token and Basic are a token68, a key is
// visible ASCII.
bool is_well_formed(const Credential& credential) noexcept;

constexpr std::size_t max_api_key_bytes = 1024;

// Visible ASCII, not empty, and no longer than the limit.
bool is_api_key(std::string_view text) noexcept;

// What the credential of the Basic scheme holds (RFC 7617 section 2).
class UserPassword {
  public:
    // Malformed: no base64, no colon, or a control character, which NUL is.
    static Result<UserPassword, Reason> decode(std::string_view base64);
    // Of a user and a password that came by another way.
    static UserPassword of(std::string_view user, std::string_view password);

    // Before the first colon, and behind it. Borrowed from this object.
    [[nodiscard]] std::string_view user() const noexcept { return all().substr(0, colon_); }
    [[nodiscard]] std::string_view password() const noexcept { return all().substr(colon_ + 1); }

  private:
    UserPassword(Secret text, std::size_t colon) noexcept : text_(std::move(text)), colon_(colon) {}
    [[nodiscard]] std::string_view all() const noexcept { return text(text_.view()); }

    Secret text_;
    std::size_t colon_;
};

} // namespace sallyport::auth
