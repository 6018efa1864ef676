#include "auth/token_principal.hpp"

#include <typeinfo>
#include <utility>

namespace sallyport::auth {

std::size_t TokenPrincipal::bytes() const noexcept {
    return sizeof(*this) + tenant_of_keys_.capacity() +
           (principal_.roles.capacity() + principal_.scopes.capacity()) * sizeof(std::string_view);
}

// Comparing types is enough because no class derives from this one, and faster than dynamic_cast.
const TokenPrincipal* TokenPrincipal::kept_with(const jwt::VerifiedToken& token) noexcept {
    const jwt::VerifiedToken::Derived* const kept = token.derived();
    return kept != nullptr && typeid(*kept) == typeid(TokenPrincipal)
               ? static_cast<const TokenPrincipal*>(kept)
               : nullptr;
}

Result<TokenPrincipal::Shared, Reason> TokenPrincipal::of(const jwt::VerifiedToken& token,
                                                          const PrincipalClaims& claims,
                                                          std::string_view tenant_of_keys) {
    if (const TokenPrincipal* const kept = kept_with(token);
        kept != nullptr && kept->claims_ == claims && kept->tenant_of_keys_ == tenant_of_keys) {
        return Shared(kept);
    }
    const Counted made(new TokenPrincipal(claims, tenant_of_keys));
    auto principal = principal_of(token, claims, made->tenant_of_keys_);
    if (!principal) {
        return Failure{principal.error()};
    }
    made->principal_ = std::move(*principal);
    return Shared(made.get());
}

} // namespace sallyport::auth
