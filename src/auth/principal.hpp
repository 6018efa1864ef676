#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/reason.hpp"
#include "base/result.hpp"
#include "jwt/claim_path.hpp"
#include "jwt/verify.hpp"

namespace sallyport::auth {

// Who a credential proved to be. All text is borrowed from the credential's proof, here the
// verified token, and every text is a name (see is_name).
struct Principal {
    std::string_view subject;            // empty when not told
    std::string_view tenant;             // empty when it belongs to none
    std::vector<std::string_view> roles; // held within the tenant

    [[nodiscard]] bool has_role(std::string_view role) const noexcept;
    // Comma-separated.
    [[nodiscard]] std::string role_list() const;
};

// Where the claims that make a principal stand. Made while the configuration is read, in one
// thread.
class PrincipalClaims {
  public:
    PrincipalClaims(jwt::ClaimPath roles, jwt::ClaimPath tenant);

    [[nodiscard]] const jwt::ClaimPath& roles() const noexcept { return roles_; }
    [[nodiscard]] const jwt::ClaimPath& tenant() const noexcept { return tenant_; }
    // The same for the same claims, in this process.
    [[nodiscard]] std::size_t id() const noexcept { return id_; }

  private:
    jwt::ClaimPath roles_;
    jwt::ClaimPath tenant_;
    std::size_t id_;
};

// claim_malformed when sub or the tenant is neither a string nor an integer, or sub, the tenant or
// a role is not a name (see is_name). Roles of an unknown shape are no roles; so is one that has a
// comma, since lists of roles are comma-separated.
//
// `tenant_of_keys` is the tenant whose keys verified the token, or empty: a token that does not say
// its tenant belongs to that one. Borrowed.
Result<Principal, Reason> principal_of(const jwt::VerifiedToken& token,
                                       const PrincipalClaims& claims,
                                       std::string_view tenant_of_keys = {});

} // namespace sallyport::auth
