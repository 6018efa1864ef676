#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "auth/revocation_entry.hpp"
#include "jwt/verified_token.hpp"

namespace sallyport::auth {

// How far the iat of a logout token may be from now, in seconds.
constexpr std::int64_t logout_window = 300;

// What distinguishes a logout token from every other token of its issuer (OpenID Connect
// Back-Channel Logout 1.0 sections 2.4 and 2.6). Returns what is wrong with it, for logs. Its
// issuer, audience and exp are checked like those of any token.
std::optional<std::string_view> logout_fault(const jwt::VerifiedToken& token, std::int64_t now);

// What such a token without a fault revokes: the session at its issuer, or without "sid" the tokens
// that the subject got until then, but not later than now. Without a tenant, in all tenants. `keep`
// in seconds.
RevocationEntry logout_entry(const jwt::VerifiedToken& token, std::string_view tenant,
                             std::int64_t now, std::int64_t keep);

// Remembers such a token for as long as it could be accepted again: an entry that revokes nothing,
// because no other token has its jti.
RevocationEntry logout_memory(const jwt::VerifiedToken& token);

} // namespace sallyport::auth
