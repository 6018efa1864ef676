#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/reason.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport::auth {

constexpr std::size_t max_endpoint_body = 64 << 10;

// The declared type of a request body.
enum class BodyType { none, json, form, other };

// From the value of Content-Type (RFC 9110 section 8.3), or its absence. JSON must be UTF-8.
BodyType body_type(std::string_view content_type) noexcept;

// A user and a password, or a client and its key (RFC 6749 sections 4.3 and 4.4). Without a secret,
// the client presents both in a header field.
struct LoginBody {
    bool is_client = false;
    std::string name{};
    std::optional<Secret> secret{};
};

// JSON with username and password; a form with these and grant_type "password" or none; or a form
// with grant_type client_credentials, and client_id and client_secret or neither. Names and secrets
// must not contain control characters.
Result<LoginBody, Reason> read_login(BodyType type, std::string_view body);

// A client and its key in Basic, escaped as in a form (RFC 6749 section 2.3.1), except that a plus
// sign in a key is not a blank, since keys contain no blanks.
Result<LoginBody, Reason> read_client(std::string_view base64);

// The refresh_token in JSON, or in a form with grant_type refresh_token (RFC 6749 section 6;
// `asks_grant`: grant_type is required). Removes a leading "Bearer ".
Result<Secret, Reason> read_refresh_token(BodyType type, std::string_view body, bool asks_grant);

// The logout_token in a form (OpenID Connect Back-Channel Logout 1.0 section 2.5).
Result<Secret, Reason> read_logout_token(BodyType type, std::string_view body);

// The token in JSON or in a form (RFC 7009 and RFC 7662 section 2.1).
Result<Secret, Reason> read_token(BodyType type, std::string_view body);

} // namespace sallyport::auth
