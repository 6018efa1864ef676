#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.hpp"
#include "auth/token_store.hpp"
#include "auth/who.hpp"
#include "base/digest.hpp"
#include "base/reason.hpp"
#include "base/result.hpp"
#include "jwt/issue.hpp"
#include "jwt/keyset.hpp"
#include "jwt/verify.hpp"

namespace sallyport::auth {

// The types in the header of our tokens: for access tokens (RFC 9068 section 2.1), and our own type
// for refresh tokens, so that neither is accepted as the other.
constexpr std::string_view access_type = "at+jwt";
constexpr std::string_view refresh_type = "refresh+jwt";

// How a location issues tokens. Times are in seconds.
struct TokenTerms {
    std::string issuer;
    std::vector<std::string> audiences; // not empty
    std::int64_t ttl = 0;
    std::int64_t refresh_ttl = 0;
    std::int64_t session_max = 0;
    std::int64_t reuse_window = 0;
};

// The first key signs; all of them verify.
using SigningKeys = std::vector<jwt::SigningKey>;

struct IssuedTokens {
    std::string access;
    std::string refresh;
    std::int64_t expires_in = 0; // seconds
    std::int64_t refresh_expires_in = 0;
    bool is_bound = false; // the access token, to a key of its holder

    // The response of a login or a refresh (RFC 6749 section 5.1).
    [[nodiscard]] std::string json() const;
};

// The claims of a refresh token.
struct RefreshClaims {
    Who who{};
    std::string account{};                // see TokenDetails
    std::vector<std::string> audiences{}; // of the access tokens that it can be exchanged for
    std::optional<double> issued_at{};
    std::optional<Digest> key{}; // see TokenDetails
    std::string payload{};       // all claims, JSON
};

// What tokens contain in addition to what their session keeps.
struct TokenDetails {
    std::string account; // the entry of an account file, for refresh tokens; empty: none
    std::string claims;  // a JSON object, for access tokens; empty: none
    // The thumbprint of the key that the holder has proved to have, to which both tokens are bound
    // (RFC 9449 sections 5 and 6.1). A refresh does not ask for an API key, so the refresh token of
    // a client is bound as that of a user.
    std::optional<Digest> key{};
};

// The claim "iat" in seconds; nothing if it is not a number.
std::optional<double> issued_at(const jwt::VerifiedToken& token) noexcept;

constexpr std::size_t max_token_details = 8 << 10; // bytes of claims

// Why a token of our own is refused, and whose it is. For an unverified token, only the key is
// known.
struct RefusedToken {
    Reason reason;
    Who who{};
};

// Issues access and refresh tokens, and verifies them. Immutable. issue() may run on any number of
// threads, the other functions on one at a time.
class TokenIssuer {
  public:
    // `access` is not empty. Without `refresh`, access tokens can be verified, but nothing can be
    // issued.
    TokenIssuer(TokenTerms terms, std::shared_ptr<const SigningKeys> access,
                std::shared_ptr<const SigningKeys> refresh);

    [[nodiscard]] const TokenTerms& terms() const noexcept { return terms_; }
    // The key that signs refresh tokens, if there is one.
    [[nodiscard]] const std::string& refresh_kid() const noexcept {
        return refresh_->front().kid();
    }

    // Whether tokens can contain the names of a principal: JSON is limited to UTF-8.
    [[nodiscard]] static bool can_name(const Principal& principal);
    // A new session of such a principal, and its first refresh token. The session ends when the
    // credential expires, if it does.
    [[nodiscard]] BeginSession begin(const Principal& principal, std::int64_t now,
                                     std::optional<std::int64_t> limit = {}) const;
    // Whether a refresh token may be exchanged for access tokens of all configured audiences.
    [[nodiscard]] bool may_refresh(const RefreshClaims& claims) const noexcept;
    // The step that spends a token.
    [[nodiscard]] RotateToken rotate(const RefreshClaims& claims, std::int64_t now) const;
    // With current roles and tenant of the account; `limit` as for begin().
    [[nodiscard]] RotateToken rotate(const RefreshClaims& claims, std::int64_t now,
                                     const Principal& account,
                                     std::optional<std::int64_t> limit) const;
    // Both tokens of a session, given its current refresh token.
    [[nodiscard]] IssuedTokens issue(const Session& session, const RefreshToken& token,
                                     std::int64_t now, const TokenDetails& details = {}) const;

    // The claims of a refresh token. refresh_expired means that everything but its lifetime is
    // valid.
    Result<RefreshClaims, RefusedToken> read_refresh(std::string_view compact,
                                                     std::int64_t now) const;
    // The session of an access token, which may have expired: for endpoints that end sessions.
    Result<Who, RefusedToken> read_access(std::string_view compact) const;
    // The keys of access tokens, and what must hold of one that they verified.
    [[nodiscard]] const jwt::Keyset& access_keys() const noexcept { return access_keys_; }
    Result<jwt::VerifiedToken, jwt::Refusal> verify_access(std::string_view compact) const;
    [[nodiscard]] std::optional<Reason> check_access(const jwt::VerifiedToken& token,
                                                     std::int64_t leeway, std::int64_t now) const;
    [[nodiscard]] const PrincipalClaims& principal_claims() const noexcept { return claims_; }

    // The public keys of access tokens (RFC 7517 section 5).
    [[nodiscard]] const std::string& jwks() const noexcept { return jwks_; }

  private:
    TokenTerms terms_;
    std::shared_ptr<const SigningKeys> access_;
    std::shared_ptr<const SigningKeys> refresh_;
    jwt::Keyset access_keys_;
    jwt::Keyset refresh_keys_;
    PrincipalClaims claims_;
    std::string jwks_;
};

} // namespace sallyport::auth
