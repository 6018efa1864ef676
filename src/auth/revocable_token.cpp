#include "auth/revocable_token.hpp"

#include "json/document.hpp"

namespace sallyport::auth {

RevocableToken revocable(const jwt::VerifiedToken& token, const Principal& principal) {
    const auto text = [&](std::string_view name) {
        return json::string_or_integer(json::member(token.payload(), name)).value_or("");
    };
    return {.jti = text("jti"),
            .sid = text("sid"),
            .subject = principal.subject,
            .kid = token.kid_of_key(),
            .tenant = principal.tenant,
            .issuer = token.registered_claims().issuer.value_or(""),
            .issued_at = issued_at(token)};
}

RevocableToken revocable(const RefreshClaims& claims, const TokenIssuer& issuer) {
    return {.jti = claims.who.jti,
            .sid = claims.who.sid,
            .subject = claims.who.subject,
            .kid = claims.who.kid,
            .tenant = claims.who.tenant,
            .issuer = issuer.terms().issuer,
            .issued_at = claims.issued_at};
}

} // namespace sallyport::auth
