#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/credential.hpp"
#include "auth/token_principal.hpp"
#include "jwt/verify.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/verdict.hpp"
#include "ngx/runtime/waiter.hpp"
#include "ngx/sources/keyring.hpp"

namespace sallyport::ngx {

// The check of one token under the rules of one place: keys, signature, claims.
class TokenCheck {
  public:
    // The token lies in the request's memory. `early`: see Keyring.
    TokenCheck(const Policy& policy, std::string_view compact, bool early) noexcept
        : policy_(policy),
          compact_(compact),
          early_(early),
          in_authorization_(!policy.rules(auth::Method::jwt).has_own_place()) {}

    // Where keys have to be waited for, nothing is decided yet, and the waiter knows for what.
    Verdict authenticate(ngx_http_request_t* r, Waiter& waiter);

    // When it is proved.
    [[nodiscard]] const jwt::VerifiedToken* token() const noexcept { return &*token_; }
    // Only for logs: the key that the token named, good or not, and whom it spoke of once its
    // signature held, expired or not.
    [[nodiscard]] std::string_view kid() const noexcept;
    [[nodiscard]] const auth::Principal* claimed_principal() const noexcept {
        return principal_ ? &principal_->principal() : nullptr;
    }

  private:
    Verdict parse_and_verify(ngx_http_request_t* r, Waiter& waiter, jwt::TokenCache& cache);
    std::optional<Reason> parse(jwt::TokenCache& cache);
    std::optional<Reason> choose_tenant();
    [[nodiscard]] bool is_ours();
    Verdict verify_ours();
    Verdict verify(ngx_http_request_t* r, Waiter& waiter);
    Verdict conclude_unverified(Reason reason, Keyring& keyring, Waiter& waiter);
    std::optional<Reason> check_claims();

    const Policy& policy_;
    std::string_view compact_;
    bool early_;
    bool in_authorization_;                        // and its characters were not judged
    std::optional<jwt::PresentedToken> presented_; // until it is verified
    const Tenant* tenant_ = nullptr;               // whose keys count; null: the default ones
    std::optional<jwt::VerifiedToken> token_;
    auth::TokenPrincipal::Shared principal_; // borrows from token_
    std::string refused_kid_;                // of a token that has not even the form of one
};

} // namespace sallyport::ngx
