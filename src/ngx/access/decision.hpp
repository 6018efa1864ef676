#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "auth/principal.hpp"
#include "base/reason.hpp"
#include "jwt/verify.hpp"
#include "ngx/access/account_check.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/token_check.hpp"
#include "ngx/access/verdict.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// Authenticates and authorizes one request under the rules of one location:
//
//     Decision& decision = authenticate(r);
//     if (const ngx_int_t rc = decision.decide(r, policy.rule(r)); rc != NGX_OK) return rc;
//     decision.refusal()      // or else decision.principal()
//
// Lives in the request's pool until the request ends. An internal redirect clears the request's
// context, and the new location gets a decision of its own; the log still reads this one.
class Decision {
  public:
    // An early decision authenticates a token for variables that are read before the access phase.
    // It uses the keys that were fetched last and waits for nothing.
    explicit Decision(ngx_http_request_t* r, bool early = false);

    // Made for this request. Subrequests share the pool of their main request.
    [[nodiscard]] bool is_of(const ngx_http_request_t* r) const noexcept { return request_ == r; }
    // The name of the location whose rules apply; empty outside of locations.
    [[nodiscard]] std::string_view location() const noexcept {
        const auto* const core =
            static_cast<const ngx_http_core_loc_conf_t*>(loc_conf_[ngx_http_core_module.ctx_index]);
        return view(core->name);
    }
    [[nodiscard]] ngx_http_request_t* request() const noexcept { return request_; }
    // Made for the current location of the request.
    [[nodiscard]] bool is_for(ngx_http_request_t* r) const noexcept;

    // Checks the credential. Afterwards the principal or the refusal is known, or the decision is
    // pending because something must be waited for. Our own variables are empty while this runs.
    void authenticate(ngx_http_request_t* r);
    [[nodiscard]] bool pending() const noexcept { return stage_ != Stage::done; }
    // Pending, and authenticate() is not running.
    [[nodiscard]] bool waiting() const noexcept { return stage_ == Stage::waiting; }
    [[nodiscard]] bool is_early() const noexcept { return early_; }
    // For the access phase and endpoints: authenticates, then authorizes. Returns NGX_OK when the
    // decision is final, NGX_AGAIN when nginx will call the phase's handler again, or an error.
    ngx_int_t decide(ngx_http_request_t* r, const auth::RoleRule& rule);
    // The same, but refuses instead of waiting: for subrequests in the preaccess phase.
    void decide_at_once(ngx_http_request_t* r, const auth::RoleRule& rule);
    // Checks an authenticated principal against requirements, tenant and roles. Only the first call
    // has an effect.
    void authorize(ngx_http_request_t* r, const auth::RoleRule& rule);
    // Refuses the request, whose credential does not matter.
    void refuse_for(ngx_http_request_t* r, const Unmet& unmet) noexcept;
    // The request has left the access phase of the location, so no other check refused it.
    void note_admitted() noexcept { admitted_ = true; }
    [[nodiscard]] bool admitted() const noexcept { return admitted_; }

    // The access or preaccess phase has accepted the credential.
    [[nodiscard]] bool has_admitted() const noexcept {
        return was_asked_ && authenticated_ && !refusal_;
    }
    // Once authenticated: when the credential expires, in seconds since the epoch, if ever.
    [[nodiscard]] std::optional<double> expires() const noexcept;
    // The credential is a token that may be revoked at any time.
    [[nodiscard]] bool is_revocable() const noexcept {
        return token() != nullptr && policy_.revocations != nullptr;
    }
    // A revocable token was revoked since, or that is not known.
    [[nodiscard]] std::optional<Reason> check_revocations() {
        return std::get<TokenCheck>(check_).check_revocations();
    }

    [[nodiscard]] const Policy& policy() const noexcept { return policy_; }
    [[nodiscard]] std::optional<Reason> refusal() const noexcept { return refusal_; }
    // Of the answer. The decision must be a refusal.
    [[nodiscard]] int status() const noexcept;
    // The refusal is enforced. Mode::observe only logs refusals, except for internal errors.
    [[nodiscard]] bool refuses() const noexcept {
        return refusal_ && (policy_.mode != Mode::observe || *refusal_ == Reason::internal_error);
    }
    // authorize() has run: the refusal will not change.
    [[nodiscard]] bool is_final() const noexcept { return final_; }
    // The method of the credential; nothing when there was none.
    [[nodiscard]] std::optional<auth::Method> method() const noexcept { return method_; }
    // Null unless a token was verified.
    [[nodiscard]] const jwt::VerifiedToken* token() const noexcept {
        const auto* const check = std::get_if<TokenCheck>(&check_);
        return authenticated_ && check != nullptr ? check->token() : nullptr;
    }
    // Null like token().
    [[nodiscard]] const auth::TokenPrincipal* token_principal() const noexcept {
        const auto* const check = std::get_if<TokenCheck>(&check_);
        return authenticated_ && check != nullptr ? &check->principal() : nullptr;
    }
    // Null unless the credential was authenticated.
    [[nodiscard]] const auth::Principal* principal() const noexcept {
        return authenticated_ ? claimed_principal() : nullptr;
    }
    // Only for logs: the key id of a token and the principal that a credential claims, as far as
    // they are known, even if the credential is invalid.
    [[nodiscard]] std::string_view kid() const noexcept {
        const auto* const check = std::get_if<TokenCheck>(&check_);
        return check != nullptr ? check->kid() : std::string_view();
    }
    [[nodiscard]] const auth::Principal* claimed_principal() const noexcept;
    // Only for explanations. Null: the credential is of another method, or the requirement is met.
    [[nodiscard]] const TokenCheck* token_check() const noexcept {
        return std::get_if<TokenCheck>(&check_);
    }
    [[nodiscard]] const AccountCheck* account_check() const noexcept {
        return std::get_if<AccountCheck>(&check_);
    }
    [[nodiscard]] const Unmet* unmet() const noexcept { return unmet_; }
    // auth_require was checked, and if it refused the request, whatever else admits it.
    [[nodiscard]] bool knows_every_request() const noexcept { return knows_every_request_; }
    [[nodiscard]] bool refuses_every_request() const noexcept {
        return refuses() && unmet_ != nullptr && unmet_->is_of_every_request;
    }

  private:
    Verdict check_credential(ngx_http_request_t* r);
    void conclude(ngx_http_request_t* r, std::optional<Reason> refusal) noexcept;
    // Starts the slow hash or the lookup that the check needs, or refuses.
    void start_waiting(ngx_http_request_t* r);
    ngx_int_t wait() noexcept;
    void count(ngx_http_request_t* r) noexcept;
    std::optional<Reason> check_principal(ngx_http_request_t* r, const auth::RoleRule& rule,
                                          const auth::Principal& principal);
    [[nodiscard]] std::optional<Reason> check_scopes(ngx_http_request_t* r,
                                                     const auth::Principal& principal) const;

    const Policy& policy_;
    ngx_http_request_t* const request_;
    // These identify the location: the configuration that nginx chose and the URI it chose it for.
    void** const loc_conf_;
    const u_char* const uri_;
    const bool early_;

    enum class Stage { waiting, authenticating, done };
    Stage stage_ = Stage::waiting;
    bool authenticated_ = false;
    bool final_ = false;
    bool admitted_ = false;
    bool was_asked_ = false; // by the access or preaccess phase
    bool counted_ = false;
    bool knows_every_request_ = false;
    // Fails closed: an exception in the middle of a check leaves this refusal.
    std::optional<Reason> refusal_ = Reason::internal_error;
    const Unmet* unmet_ = nullptr; // the requirement that is not met
    Waiter waiter_;
    std::optional<auth::Method> method_;
    std::variant<std::monostate, TokenCheck, AccountCheck> check_; // of the credential
};

// The credential and the requirements of the request are checked: always, or for a subrequest only
// where the preaccess phase decides. Subrequests of our own and those to `me`, which decides
// itself, are not checked.
bool is_checked(ngx_http_request_t* r) noexcept;

// The preaccess phase decides about the request.
bool decides_in_preaccess(ngx_http_request_t* r) noexcept;

// The decision for the current location of the request; null if none was made.
Decision* decision_here(ngx_http_request_t* r) noexcept;

// The same, made on first use.
Decision& decision_for(ngx_http_request_t* r);

// The decision for the current location, made on first use, after an attempt to authenticate. The
// location's policy must be switched on.
Decision& authenticate(ngx_http_request_t* r);

} // namespace sallyport::ngx
