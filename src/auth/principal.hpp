#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/reason.hpp"
#include "base/result.hpp"
#include "jwt/claim_path.hpp"
#include "jwt/verify.hpp"

namespace sallyport::auth {

// The authenticated user, service or device. Borrows all texts from the account or the verified
// token; each of them is a name (see is_name).
struct Principal {
    std::string_view subject;            // empty if the token has none
    std::string_view tenant;             // empty if it belongs to none
    std::vector<std::string_view> roles; // held within the tenant
    // Of a token, if its PrincipalClaims name claims for them; see scopes_of().
    std::vector<std::string_view> scopes{};

    // Comma-separated.
    [[nodiscard]] std::string role_list() const;
};

// Whether the text is a scope-token (RFC 6749 section 3.3).
bool is_scope(std::string_view text) noexcept;

// The claims that contain the roles, the tenant and the scopes of a principal. Copies share the
// paths.
class PrincipalClaims {
  public:
    // Without claims for scopes, the scopes are not read.
    PrincipalClaims(jwt::ClaimPath roles, jwt::ClaimPath tenant,
                    std::vector<jwt::ClaimPath> scopes = {});

    [[nodiscard]] const jwt::ClaimPath& roles() const noexcept { return paths_->roles; }
    [[nodiscard]] const jwt::ClaimPath& tenant() const noexcept { return paths_->tenant; }
    [[nodiscard]] const std::vector<jwt::ClaimPath>& scopes() const noexcept {
        return paths_->scopes;
    }
    // Compares the paths only if neither is a copy of the other.
    bool operator==(const PrincipalClaims& other) const noexcept {
        return paths_ == other.paths_ || *paths_ == *other.paths_;
    }

  private:
    struct Paths {
        jwt::ClaimPath roles;
        jwt::ClaimPath tenant;
        std::vector<jwt::ClaimPath> scopes;

        bool operator==(const Paths&) const = default;
    };

    std::shared_ptr<const Paths> paths_;
};

// Fails with claim_malformed if sub or the tenant is neither a string nor an integer, or if sub,
// the tenant or a role is not a name (see is_name). Roles of an unknown form are ignored, and so
// are roles that contain a comma, since lists of roles are comma-separated.
//
// `tenant_of_keys` is the tenant whose keys verified the token, or empty. A token without a tenant
// belongs to it. Borrowed.
Result<Principal, Reason> principal_of(const jwt::VerifiedToken& token,
                                       const PrincipalClaims& claims,
                                       std::string_view tenant_of_keys = {});

// The scopes in the first of these claims that the token has: a string with spaces, or an array of
// strings. Whatever is not a scope-token is ignored. Borrowed from the token.
std::vector<std::string_view> scopes_of(const jwt::VerifiedToken& token,
                                        const std::vector<jwt::ClaimPath>& claims);
// Separated by spaces.
std::string scope_list(const std::vector<std::string_view>& scopes);

} // namespace sallyport::auth
