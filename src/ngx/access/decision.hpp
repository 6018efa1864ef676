#pragma once

#include <array>
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

// Judges one request under the rules of one location. Lives in the request's pool until the request
// ends, so that what it proved can still be logged after an internal redirect, when nginx has
// forgotten the request's context and a new decision is made for the new location.
class Decision {
  public:
    // An early one proves a token for variables that are read before the access phase: keys that
    // were fetched last may do, and nothing is waited for.
    explicit Decision(ngx_http_request_t* r, bool early = false);

    // Made for this request, and not for a subrequest, which shares its pool.
    [[nodiscard]] bool is_of(const ngx_http_request_t* r) const noexcept { return request_ == r; }
    // Made for the location where the request is now.
    [[nodiscard]] bool is_for(ngx_http_request_t* r) const noexcept;

    // Proves the credential; the principal is known afterwards, or the refusal. Where something has
    // to be waited for, nothing is decided yet. While it runs, variables of ours that it reads are
    // empty.
    void prove(ngx_http_request_t* r);
    [[nodiscard]] bool undecided() const noexcept { return stage_ != Stage::judged; }
    // Undecided, and not in the middle of being judged.
    [[nodiscard]] bool waiting() const noexcept { return stage_ == Stage::waiting; }
    [[nodiscard]] bool is_early() const noexcept { return early_; }
    // In the access phase, or in an endpoint: proves and enforces. NGX_OK when all is decided.
    // NGX_AGAIN when something has to be waited for: nginx calls the phase's handler again when
    // there is news. Or an error.
    ngx_int_t decide(ngx_http_request_t* r, const auth::RoleRule& rule);
    // Judges what a proven principal may do, by requirements, tenant and roles. Once.
    void enforce(ngx_http_request_t* r, const auth::RoleRule& rule);
    // The request has left the access phase of the location: no other check refused it either.
    void pass() noexcept { passed_ = true; }
    [[nodiscard]] bool passed() const noexcept { return passed_; }

    [[nodiscard]] const Policy& policy() const noexcept { return policy_; }
    [[nodiscard]] std::optional<Reason> refusal() const noexcept { return refusal_; }
    // A refusal that is more than an observation. An error of ours is no verdict to observe.
    [[nodiscard]] bool refuses() const noexcept {
        return refusal_ && (policy_.mode != Mode::observe || *refusal_ == Reason::internal_error);
    }
    [[nodiscard]] bool enforced() const noexcept { return enforced_; }
    // Of the credential; nothing when there was none.
    [[nodiscard]] std::optional<auth::Method> method() const noexcept { return method_; }
    // Null unless a token is proved.
    [[nodiscard]] const jwt::VerifiedToken* token() const noexcept {
        const auto* const check = std::get_if<TokenCheck>(&check_);
        return proved_ && check != nullptr ? check->token() : nullptr;
    }
    // Null unless the credential is proved.
    [[nodiscard]] const auth::Principal* principal() const noexcept {
        return proved_ ? claimed_principal() : nullptr;
    }
    // Only for logs: the key that a token named, good or not, and whom the credential spoke of,
    // as far as that is known, whether or not it was good.
    [[nodiscard]] std::string_view kid() const noexcept {
        const auto* const check = std::get_if<TokenCheck>(&check_);
        return check != nullptr ? check->kid() : std::string_view();
    }
    [[nodiscard]] const auth::Principal* claimed_principal() const noexcept;

    // The challenges that went into the answer, to be withdrawn if another verdict follows.
    std::array<ngx_table_elt_t*, 3> challenges{};

  private:
    Verdict judge(ngx_http_request_t* r);
    void settle(ngx_http_request_t* r, std::optional<Reason> refusal) noexcept;
    // Begins what has to be waited for, or decides that there is no use in that.
    void ask(ngx_http_request_t* r);
    ngx_int_t wait() noexcept;
    void count(ngx_http_request_t* r) noexcept;
    std::optional<Reason> judge_principal(ngx_http_request_t* r, const auth::RoleRule& rule,
                                          const auth::Principal& principal) const;

    const Policy& policy_;
    const ngx_http_request_t* const request_;
    // What identifies the location: the configuration that nginx chose, for these URI bytes.
    void** const loc_conf_;
    const u_char* const uri_;
    const bool early_;

    enum class Stage { waiting, judging, judged };
    Stage stage_ = Stage::waiting;
    bool proved_ = false;
    bool enforced_ = false;
    bool passed_ = false;
    bool counted_ = false;
    // A judgement that an exception cut short must not look like an admission.
    std::optional<Reason> refusal_ = Reason::internal_error;
    Waiter waiter_;
    std::optional<auth::Method> method_;
    std::variant<std::monostate, TokenCheck, AccountCheck> check_; // of the credential
};

// The decision for the location where the request is; null where none was made.
Decision* decision_here(ngx_http_request_t* r) noexcept;

// The same, made if need be, its credential proved or refused if that needs no waiting. The
// policy of the location must be switched on.
Decision& prove(ngx_http_request_t* r);

} // namespace sallyport::ngx
