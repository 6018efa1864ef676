#include "ngx/access/decision.hpp"

#include <span>
#include <utility>

#include "ngx/access/policy.hpp"
#include "ngx/access/request_credential.hpp"
#include "ngx/access/requirements.hpp"
#include "ngx/access/variables.hpp"
#include "ngx/runtime/captured_answer.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/metrics.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"

namespace sallyport::ngx {
namespace {

// A malformed or ambiguous credential has no method.
metrics::Method method_of(std::optional<Reason> refusal,
                          std::optional<auth::Method> presented) noexcept {
    if (!presented || refusal == Reason::malformed_authorization ||
        refusal == Reason::ambiguous_credential) {
        return metrics::Method::none;
    }
    switch (*presented) {
    case auth::Method::jwt:
        return metrics::Method::jwt;
    case auth::Method::password:
        return metrics::Method::password;
    default:
        return metrics::Method::api_key;
    }
}

// `known` is what remembers the rule that the token meets; null: nothing does.
bool grants(const auth::RoleRule& rule, std::span<const std::string_view> held,
            const void** known) noexcept {
    if (known != nullptr && *known == &rule) {
        return true;
    }
    const bool granted = rule.grants(held);
    if (granted && known != nullptr) {
        *known = &rule;
    }
    return granted;
}

} // namespace

Decision::Decision(ngx_http_request_t* r, bool early)
    : policy_(*policy_of(r)),
      request_(r),
      loc_conf_(r->loc_conf),
      uri_(r->uri.data),
      early_(early),
      waiter_(r) {}

// An internal redirect clears the request's context. try_files and similar directives do not, and
// leave the decision valid.
bool Decision::is_for(ngx_http_request_t* r) const noexcept {
    return loc_conf_ == r->loc_conf && (final_ || uri_ == r->uri.data);
}

void Decision::authenticate(ngx_http_request_t* r) {
    if (stage_ != Stage::waiting) {
        return;
    }
    stage_ = Stage::authenticating;
    const Verdict verdict = check_credential(r);
    if (verdict.is_pending()) {
        stage_ = Stage::waiting;
        return;
    }
    conclude(r, verdict.refusal());
}

Verdict Decision::check_credential(ngx_http_request_t* r) {
    if (!method_) {
        const auto credential = request_credential(r, policy_);
        if (!credential) {
            return Verdict::refused(credential.error());
        }
        if (!*credential) {
            return Verdict::refused(Reason::no_credential);
        }
        method_ = (*credential)->method;
        if (*method_ == auth::Method::jwt) {
            check_.emplace<TokenCheck>(policy_, **credential, early_);
        } else {
            check_.emplace<AccountCheck>(policy_, **credential);
        }
    }
    auto* const token = std::get_if<TokenCheck>(&check_);
    return token != nullptr ? token->authenticate(r, waiter_)
                            : std::get<AccountCheck>(check_).authenticate(r);
}

void Decision::conclude(ngx_http_request_t* r, std::optional<Reason> refusal) noexcept {
    refusal_ = refusal;
    authenticated_ = !refusal_;
    stage_ = Stage::done;
    waiter_.leave();
    forget_variables(r);
}

ngx_int_t Decision::decide(ngx_http_request_t* r, const auth::RoleRule& rule) {
    authenticate(r);
    if (pending()) {
        start_waiting(r);
    }
    if (pending()) {
        return wait();
    }
    authorize(r, rule);
    was_asked_ = true;
    count(r);
    return NGX_OK;
}

void Decision::decide_at_once(ngx_http_request_t* r, const auth::RoleRule& rule) {
    authenticate(r);
    if (pending()) {
        conclude(r, Reason::cannot_wait);
    }
    authorize(r, rule);
    was_asked_ = true;
    count(r);
}

void Decision::count(ngx_http_request_t* r) noexcept {
    metrics::Recorder* const recorder = metrics_recorder(r);
    if (recorder != nullptr && !std::exchange(counted_, true)) {
        recorder->decision(policy_.metrics_label, method_of(refusal_, method_), refusal_,
                           !refuses());
    }
}

void Decision::start_waiting(ngx_http_request_t* r) {
    if (auto* const account = std::get_if<AccountCheck>(&check_)) {
        if (const auto refusal = account->start_waiting(r, waiter_)) {
            conclude(r, refusal);
        }
    }
}

ngx_int_t Decision::wait() noexcept {
    const auto* const account = std::get_if<AccountCheck>(&check_);
    return account != nullptr && account->is_lookup_running() ? NGX_AGAIN : waiter_.suspend();
}

int Decision::status() const noexcept {
    const bool is_unmet = refusal_ == Reason::requirement_unmet ||
                          refusal_ == Reason::requirement_forbidden ||
                          refusal_ == Reason::request_forbidden;
    return is_unmet ? unmet_->status : describe(*refusal_).status;
}

void Decision::authorize(ngx_http_request_t* r, const auth::RoleRule& rule) {
    if (std::exchange(final_, true)) {
        return;
    }
    if (authenticated_) {
        refusal_ = guard(r->connection->log, "decision", std::optional(Reason::internal_error),
                         [&] { return check_principal(r, rule, *principal()); });
    } else if (refusal_ == Reason::no_credential && policy_.mode == Mode::optional) {
        const auth::Principal nobody;
        const auto unmet = check_principal(r, rule, nobody);
        if (!unmet || refuses_every_request()) {
            refusal_ = unmet;
        }
    }
    forget_variables(r);
}

void Decision::refuse_for(ngx_http_request_t* r, const Unmet& unmet) noexcept {
    unmet_ = &unmet;
    knows_every_request_ = true;
    final_ = true;
    conclude(r, unmet.reason);
    count(r);
}

std::optional<double> Decision::expires() const noexcept {
    if (const auto* const token = std::get_if<TokenCheck>(&check_)) {
        return token->expires();
    }
    return std::get<AccountCheck>(check_).expires();
}

const auth::Principal* Decision::claimed_principal() const noexcept {
    if (const auto* const token = std::get_if<TokenCheck>(&check_)) {
        return token->claimed_principal();
    }
    const auto* const account = std::get_if<AccountCheck>(&check_);
    return account != nullptr ? account->principal() : nullptr;
}

std::optional<Reason> Decision::check_principal(ngx_http_request_t* r, const auth::RoleRule& rule,
                                                const auth::Principal& principal) {
    if (policy_.requirements.exist()) {
        unmet_ = unmet_requirement(r, policy_.requirements, token(), token_principal());
        knows_every_request_ = unmet_ == nullptr || unmet_->is_of_every_request;
        if (unmet_ != nullptr) {
            return unmet_->reason;
        }
    }
    if (policy_.expected_tenant != nullptr) {
        const std::string_view expected = evaluate(r, policy_.expected_tenant);
        if (expected.empty() || expected != principal.tenant) {
            return Reason::tenant_mismatch;
        }
    }
    if (rule.kind == auth::RoleRule::Kind::closed) {
        return Reason::method_not_allowed;
    }
    const auth::TokenPrincipal* const kept = token_principal();
    if (!grants(rule, principal.roles, kept != nullptr ? &kept->met().roles : nullptr)) {
        return Reason::role_missing;
    }
    return policy_.scopes != nullptr ? check_scopes(r, principal) : std::nullopt;
}

std::optional<Reason> Decision::check_scopes(ngx_http_request_t* r,
                                             const auth::Principal& principal) const {
    const auth::RoleRule& rule = policy_.scopes->rule(view(r->method_name));
    if (rule.kind == auth::RoleRule::Kind::closed) {
        return Reason::method_not_allowed;
    }
    const auth::TokenPrincipal* const kept = token_principal();
    const bool granted =
        grants(rule, principal.scopes, kept != nullptr ? &kept->met().scopes : nullptr);
    return granted ? std::nullopt : std::optional(Reason::scope_missing);
}

bool is_checked(ngx_http_request_t* r) noexcept {
    const Policy& policy = *policy_of(r);
    return r == r->main ||
           (policy.phase == Phase::preaccess && !is_kind(policy.endpoint, EndpointKind::me) &&
            CapturedAnswer::of(r) == nullptr);
}

bool decides_in_preaccess(ngx_http_request_t* r) noexcept {
    const Policy& policy = *policy_of(r);
    return policy.phase == Phase::preaccess && policy.guards(r) && is_checked(r);
}

Decision* decision_here(ngx_http_request_t* r) noexcept {
    auto* const latest =
        static_cast<Decision*>(ngx_http_get_module_ctx(r, ngx_http_sallyport_module));
    return latest != nullptr && latest->is_for(r) ? latest : nullptr;
}

Decision& decision_for(ngx_http_request_t* r) {
    Decision* decision = decision_here(r);
    if (decision == nullptr) {
        decision = make<Decision>(r->pool, r);
        ngx_http_set_ctx(r, decision, ngx_http_sallyport_module);
    }
    return *decision;
}

Decision& authenticate(ngx_http_request_t* r) {
    Decision& decision = decision_for(r);
    decision.authenticate(r);
    return decision;
}

} // namespace sallyport::ngx
