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

    [[nodiscard]] bool has_role(std::string_view role) const noexcept;
    // Comma-separated.
    [[nodiscard]] std::string role_list() const;
};

// The claims that contain the roles and the tenant of a principal. Copies share the paths.
class PrincipalClaims {
  public:
    PrincipalClaims(jwt::ClaimPath roles, jwt::ClaimPath tenant);

    [[nodiscard]] const jwt::ClaimPath& roles() const noexcept { return paths_->roles; }
    [[nodiscard]] const jwt::ClaimPath& tenant() const noexcept { return paths_->tenant; }
    // Compares the paths only if neither is a copy of the other.
    bool operator==(const PrincipalClaims& other) const noexcept {
        return paths_ == other.paths_ || *paths_ == *other.paths_;
    }

  private:
    struct Paths {
        jwt::ClaimPath roles;
        jwt::ClaimPath tenant;

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

} // namespace sallyport::auth
