#include "auth/token_principal.hpp"

#include <string>
#include <utility>

namespace sallyport::auth {
namespace {

class Kept : public jwt::VerifiedToken::Derived {
  public:
    Kept(std::size_t claims, std::string_view tenant_of_keys)
        : claims_(claims),
          tenant_of_keys_(tenant_of_keys) {}

    [[nodiscard]] bool is_for(std::size_t claims, std::string_view tenant_of_keys) const noexcept {
        return claims == claims_ && tenant_of_keys == tenant_of_keys_;
    }
    [[nodiscard]] std::size_t bytes() const noexcept override {
        return sizeof(*this) + tenant_of_keys_.capacity() +
               principal.roles.capacity() * sizeof(std::string_view);
    }
    // Lives as long as this.
    [[nodiscard]] std::string_view tenant_of_keys() const noexcept { return tenant_of_keys_; }

    Principal principal;

  private:
    std::size_t claims_;
    std::string tenant_of_keys_;
};

} // namespace

Result<SharedPrincipal, Reason> shared_principal_of(const jwt::VerifiedToken& token,
                                                    const PrincipalClaims& claims,
                                                    std::string_view tenant_of_keys) {
    const auto& derived = token.derived();
    const auto* const known = dynamic_cast<const Kept*>(derived.get());
    if (known != nullptr && known->is_for(claims.id(), tenant_of_keys)) {
        return SharedPrincipal(derived, &known->principal);
    }
    const auto made = std::make_shared<Kept>(claims.id(), tenant_of_keys);
    auto principal = principal_of(token, claims, made->tenant_of_keys());
    if (!principal) {
        return Failure{principal.error()};
    }
    made->principal = std::move(*principal);
    token.keep(made);
    return SharedPrincipal(made, &made->principal);
}

} // namespace sallyport::auth
