#pragma once

#include <optional>
#include <string>

#include "auth/principal.hpp"
#include "base/reason.hpp"
#include "jwt/verify.hpp"
#include "ngx/keyring.hpp"
#include "ngx/policy.hpp"
#include "ngx/waiter.hpp"

namespace sallyport::ngx {

// Judges one request under the rules of one place. Lives in the request's pool until the request
// ends, so that what it proved can still be logged after an internal redirect, when nginx has
// forgotten the request's context and a new decision is made for the new place.
class Decision {
  public:
    explicit Decision(ngx_http_request_t* r);

    // Made for the place where the request is now.
    [[nodiscard]] bool is_for(ngx_http_request_t* r) const noexcept;

    // Proves the credential; the principal is known afterwards, or the refusal. Where keys have to
    // be waited for, nothing is decided yet. While it runs, variables of ours that it reads are
    // empty.
    void prove(ngx_http_request_t* r);
    [[nodiscard]] bool undecided() const noexcept { return stage_ != Stage::judged; }
    // Has the request go through its access phase again when there is news for an undecided one.
    ngx_int_t wait() noexcept;
    // Judges what a proven principal may do, by requirements, tenant and roles. Once.
    void enforce(ngx_http_request_t* r, const auth::RoleRule& rule);

    [[nodiscard]] const Policy& policy() const noexcept { return policy_; }
    [[nodiscard]] std::optional<Reason> refusal() const noexcept { return refusal_; }
    [[nodiscard]] bool enforced() const noexcept { return enforced_; }
    // Null unless the credential is proved.
    [[nodiscard]] const jwt::VerifiedToken* token() const noexcept {
        return proved_ ? &*token_ : nullptr;
    }
    [[nodiscard]] const auth::Principal* principal() const noexcept {
        return proved_ ? &*principal_ : nullptr;
    }
    // Only for logs: the key that the credential named, good or not, and whom it spoke of once its
    // signature held, expired or not.
    [[nodiscard]] const std::string& kid() const noexcept { return kid_; }
    [[nodiscard]] const auth::Principal* claimed_principal() const noexcept {
        return principal_ ? &*principal_ : nullptr;
    }

    // The challenge that went into the answer, to be withdrawn if another verdict follows.
    ngx_table_elt_t* challenge = nullptr;

  private:
    // A refusal, or nothing; `stage_` is left at `waiting` where keys are missing.
    std::optional<Reason> judge_credential(ngx_http_request_t* r);
    std::optional<Reason> read_token(ngx_http_request_t* r);
    std::optional<Reason> choose_tenant();
    std::optional<Reason> judge_token(ngx_http_request_t* r);
    std::optional<Reason> judge_unverified(Reason reason, Keyring& keyring);
    std::optional<Reason> judge_claims();
    std::optional<Reason> judge_principal(ngx_http_request_t* r, const auth::RoleRule& rule) const;

    const Policy& policy_;
    // What identifies the place: the configuration that nginx chose, for these URI bytes.
    void** const loc_conf_;
    const u_char* const uri_;

    enum class Stage { waiting, judging, judged };
    Stage stage_ = Stage::waiting;
    bool proved_ = false;
    bool enforced_ = false;
    // A judgement that an exception cut short must not look like an admission.
    std::optional<Reason> refusal_ = Reason::internal_error;
    Waiter waiter_;
    std::optional<jwt::PresentedToken> presented_; // until it is verified
    const Tenant* tenant_ = nullptr;               // whose keys count; null: the default ones
    std::optional<jwt::VerifiedToken> token_;
    std::optional<auth::Principal> principal_; // borrows from token_
    std::string kid_;
};

// The decision for the place where the request is, its credential proved or refused if that needs
// no waiting. The request must be a main request and its policy switched on.
Decision& prove(ngx_http_request_t* r);

} // namespace sallyport::ngx
