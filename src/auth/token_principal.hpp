#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "auth/principal.hpp"
#include "base/counted.hpp"
#include "base/reason.hpp"
#include "base/result.hpp"
#include "jwt/verified_token.hpp"

namespace sallyport::auth {

// A principal that is cached with its token, for requests with the same token to locations that
// read the same claims. Valid as long as the token.
class TokenPrincipal final : public jwt::VerifiedToken::Derived {
  public:
    using Shared = Counted<const TokenPrincipal>;

    // The cached principal, or a new one made by principal_of().
    static Result<Shared, Reason> of(const jwt::VerifiedToken& token, const PrincipalClaims& claims,
                                     std::string_view tenant_of_keys = {});

    [[nodiscard]] const Principal& principal() const noexcept { return principal_; }
    // The generation of the revocations at which the token was not revoked; 0: none.
    [[nodiscard]] std::uint64_t checked_at() const noexcept { return checked_at_; }
    void note_check(std::uint64_t generation) const noexcept { checked_at_ = generation; }
    // What the token was last found to meet: rules whose outcome depends on nothing but the token,
    // by their addresses. They live as long as the cache.
    struct Met {
        const void* claims = nullptr; // requirements
        const void* headers = nullptr;
        const void* roles = nullptr; // a rule for a method
        const void* scopes = nullptr;
    };
    [[nodiscard]] Met& met() const noexcept { return met_; }
    [[nodiscard]] std::size_t bytes() const noexcept override;

  private:
    TokenPrincipal(PrincipalClaims claims, std::string_view tenant_of_keys)
        : claims_(std::move(claims)),
          tenant_of_keys_(tenant_of_keys) {}
    static const TokenPrincipal* kept_with(const jwt::VerifiedToken& token) noexcept;

    PrincipalClaims claims_;
    std::string tenant_of_keys_;
    mutable std::uint64_t checked_at_ = 0;
    mutable Met met_;
    Principal
        principal_; // may borrow the tenant from this object, and everything else from the token
};

} // namespace sallyport::auth
