#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/reason.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport::auth {

constexpr std::size_t max_endpoint_body = 64 << 10;

// What a request's body is said to be.
enum class BodyType { none, json, form, other };

// By a Content-Type field value (RFC 9110 section 8.3), or its absence. Of JSON, only UTF-8.
BodyType body_type(std::string_view content_type) noexcept;

// A user and a password, or a client and its key (RFC 6749 sections 4.3 and 4.4). Without a secret:
// a client that presents both in its header.
struct LoginBody {
    bool is_client = false;
    std::string name{};
    std::optional<Secret> secret{};
};

// JSON with username and password, or a form with these and no grant_type or "password"; or one
// whose grant_type is client_credentials, with client_id and client_secret or neither. Names and
// secrets are texts without control characters.
Result<LoginBody, Reason> read_login(BodyType type, std::string_view body);

// A client and its key in Basic, escaped as in a form (RFC 6749 section 2.3.1); but a plus sign in
// a key is one, since no key has a blank.
Result<LoginBody, Reason> read_client(std::string_view base64);

// The refresh_token of JSON, or of a form whose grant_type is refresh_token (RFC 6749 section 6;
// `asks_grant`: it must be there). A leading "Bearer " is taken off.
Result<Secret, Reason> read_refresh_token(BodyType type, std::string_view body, bool asks_grant);

struct SessionId {
    std::string sid;
};

// All sessions of a subject.
struct SubjectSessions {
    std::string subject;
    std::optional<std::string> tenant{}; // not empty; nothing: that of the caller
};

// What is to be revoked: a token (RFC 7009 section 2.1) or, of JSON, {"sid"} or {"sub",
// "tenant_id"}. A body that names more than one of these is malformed.
using Revocation = std::variant<Secret, SessionId, SubjectSessions>;
Result<Revocation, Reason> read_revocation(BodyType type, std::string_view body);

// The token of JSON or of a form (RFC 7662 section 2.1).
Result<Secret, Reason> read_token(BodyType type, std::string_view body);

} // namespace sallyport::auth
