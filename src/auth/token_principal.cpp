#include "auth/token_principal.hpp"

#include <utility>

namespace sallyport::auth {

std::size_t TokenPrincipal::bytes() const noexcept {
    return sizeof(*this) + tenant_of_keys_.capacity() +
           principal_.roles.capacity() * sizeof(std::string_view);
}

Result<TokenPrincipal::Shared, Reason> TokenPrincipal::of(const jwt::VerifiedToken& token,
                                                          const PrincipalClaims& claims,
                                                          std::string_view tenant_of_keys) {
    if (auto kept = std::dynamic_pointer_cast<const TokenPrincipal>(token.derived());
        kept != nullptr && kept->claims_ == claims.id() &&
        kept->tenant_of_keys_ == tenant_of_keys) {
        return kept;
    }
    const auto made = std::make_shared<TokenPrincipal>(Key(), claims.id(), tenant_of_keys);
    auto principal = principal_of(token, claims, made->tenant_of_keys_);
    if (!principal) {
        return Failure{principal.error()};
    }
    made->principal_ = std::move(*principal);
    return Shared(made);
}

} // namespace sallyport::auth
