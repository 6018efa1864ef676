#pragma once

#include <optional>
#include <string_view>

#include "auth/principal.hpp"
#include "auth/token_issuer.hpp"
#include "jwt/verified_token.hpp"

namespace sallyport::auth {

// What a token says that a revocation can name. Absent texts are empty. Borrowed.
struct RevocableToken {
    std::string_view jti{};
    std::string_view sid{};
    std::string_view subject{};
    std::string_view kid{}; // of the key that verified it
    std::string_view tenant{};
    std::string_view issuer{};
    std::optional<double> issued_at{}; // none: before everything
};

RevocableToken revocable(const jwt::VerifiedToken& token, const Principal& principal);
RevocableToken revocable(const RefreshClaims& claims, const TokenIssuer& issuer);

} // namespace sallyport::auth
