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
    // Of a token (RFC 6749 section 3.3); accounts have none.
    std::vector<std::string_view> scopes{};

    // Comma-separated.
    [[nodiscard]] std::string role_list() const;
    // Separated by spaces.
    [[nodiscard]] std::string scope_list() const;
};

// Whether the text is a scope-token (RFC 6749 section 3.3).
bool is_scope(std::string_view text) noexcept;

// The claims that contain the roles, the tenant and the scopes of a principal. Copies share the
// paths.
class PrincipalClaims {
  public:
    // Of several claims for scopes, the first one that a token has counts.
    PrincipalClaims(jwt::ClaimPath roles, jwt::ClaimPath tenant,
                    std::vector<jwt::ClaimPath> scopes = default_scopes());
    // "scope" (RFC 8693 section 4.2, RFC 9068) and "scp".
    static std::vector<jwt::ClaimPath> default_scopes();

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
// are roles that contain a comma, since lists of roles are comma-separated. Scopes are a string
// with spaces or an array of strings; whatever is not a scope-token is ignored.
//
// `tenant_of_keys` is the tenant whose keys verified the token, or empty. A token without a tenant
// belongs to it. Borrowed.
Result<Principal, Reason> principal_of(const jwt::VerifiedToken& token,
                                       const PrincipalClaims& claims,
                                       std::string_view tenant_of_keys = {});

} // namespace sallyport::auth
