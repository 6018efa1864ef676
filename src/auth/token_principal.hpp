#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "auth/principal.hpp"
#include "base/counted.hpp"
#include "base/reason.hpp"
#include "base/result.hpp"
#include "jwt/verified_token.hpp"

namespace sallyport::auth {

// A principal that can be kept with the token that it was made of, so that the next request that
// brings the token and asks for the same claims finds it. To be used as long as the token is there.
class TokenPrincipal final : public jwt::VerifiedToken::Derived {
  public:
    using Shared = Counted<const TokenPrincipal>;

    // The one that is kept, or else a new one, as principal_of() says.
    static Result<Shared, Reason> of(const jwt::VerifiedToken& token, const PrincipalClaims& claims,
                                     std::string_view tenant_of_keys = {});

    [[nodiscard]] const Principal& principal() const noexcept { return principal_; }
    [[nodiscard]] std::size_t bytes() const noexcept override;

  private:
    TokenPrincipal(std::size_t claims, std::string_view tenant_of_keys)
        : claims_(claims),
          tenant_of_keys_(tenant_of_keys) {}
    static const TokenPrincipal* kept_with(const jwt::VerifiedToken& token) noexcept;

    std::size_t claims_; // the id
    std::string tenant_of_keys_;
    Principal principal_; // may borrow the tenant from here, all else from the token
};

} // namespace sallyport::auth
