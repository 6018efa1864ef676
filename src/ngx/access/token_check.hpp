#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/credential.hpp"
#include "auth/token_principal.hpp"
#include "jwt/dpop_proof.hpp"
#include "jwt/verify.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/proof.hpp"
#include "ngx/access/token_rules.hpp"
#include "ngx/access/verdict.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// Checks one token under the rules of one location: keys, signature, claims.
class TokenCheck {
  public:
    // The token lies in the request's memory. `early`: see Keyring.
    TokenCheck(const Policy& policy, const auth::Credential& credential, bool early) noexcept
        : policy_(policy),
          compact_(credential.text),
          scheme_(credential.scheme),
          early_(early),
          in_authorization_(!policy.rules(auth::Method::jwt).is_read_elsewhere()) {}

    // Pending if keys must be waited for. The waiter then waits for them.
    Verdict authenticate(ngx_http_request_t* r, Waiter& waiter);

    // Once authenticated.
    [[nodiscard]] const jwt::VerifiedToken* token() const noexcept { return &*token_; }
    [[nodiscard]] const auth::TokenPrincipal& principal() const noexcept { return *principal_; }
    [[nodiscard]] std::optional<double> expires() const noexcept;
    // The token was revoked, or that is not known. Once the claims were checked, where
    // auth_revocation is on.
    std::optional<Reason> check_revocations();
    // Only for logs: the key id in the token, verified or not, and the principal once the signature
    // was verified, even if the token has expired.
    [[nodiscard]] std::string_view kid() const noexcept;
    [[nodiscard]] const auth::Principal* claimed_principal() const noexcept {
        return principal_ ? &principal_->principal() : nullptr;
    }

    // Once verified: the token is bound to the key of DPoP proofs.
    [[nodiscard]] bool is_bound_to_key() const noexcept;
    // The client uses the token with DPoP proofs.
    [[nodiscard]] bool is_sent_as_dpop() const noexcept {
        return scheme_ == auth::TokenScheme::dpop ||
               (scheme_ == auth::TokenScheme::none && is_bound_to_key());
    }
    // Only for logs and explanations: what is wrong with the proof, if that is known.
    [[nodiscard]] std::optional<jwt::DpopFault> proof_fault() const noexcept {
        return proof_fault_;
    }

    // Only for explanations.
    [[nodiscard]] const std::optional<Revocation>& revocation() const noexcept {
        return revocation_;
    }
    [[nodiscard]] std::string_view compact() const noexcept { return compact_; }
    // Null until the token was parsed, and for a token of our own issuer.
    [[nodiscard]] const TokenRules* rules() const noexcept { return rules_ ? &*rules_ : nullptr; }
    // The token names our own issuer, whose keys verify it.
    [[nodiscard]] bool is_ours() const noexcept { return is_ours_; }
    // Null unless the signature was verified.
    [[nodiscard]] const jwt::VerifiedToken* verified() const noexcept {
        return token_ ? &*token_ : nullptr;
    }

  private:
    Verdict parse_and_verify(ngx_http_request_t* r, Waiter& waiter, jwt::TokenCache& cache);
    std::optional<Reason> parse(jwt::TokenCache& cache);
    [[nodiscard]] bool names_our_issuer();
    Verdict verify_ours();
    Verdict verify(ngx_http_request_t* r, Waiter& waiter);
    std::optional<Reason> check_claims();
    // Once the claims were checked.
    std::optional<Reason> check_lists(ngx_log_t* log);
    // Once the claims were checked: everything else that the request must meet.
    Verdict check_use(ngx_http_request_t* r, Waiter& waiter);
    std::optional<Reason> check_all_revocations(ngx_log_t* log);
    ProofVerdict check_holder(ngx_http_request_t* r);

    const Policy& policy_;
    std::string_view compact_;
    auth::TokenScheme scheme_;
    bool early_;
    bool in_authorization_; // and its characters were not checked
    bool is_ours_ = false;
    bool is_verified_ = false;                     // the token, and only its use is pending
    std::optional<jwt::PresentedToken> presented_; // until it is verified
    std::optional<TokenRules> rules_;              // once the token was parsed
    std::optional<jwt::VerifiedToken> token_;
    auth::TokenPrincipal::Shared principal_; // borrows from token_
    std::optional<Revocation> revocation_;   // why a list refuses it
    std::optional<jwt::DpopFault> proof_fault_;
    std::string refused_kid_; // of a token that could not be parsed
};

} // namespace sallyport::ngx
