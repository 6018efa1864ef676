#include "ngx/decision.hpp"

#include <utility>

#include "ngx/conf.hpp"
#include "ngx/keyring.hpp"
#include "ngx/pool.hpp"
#include "ngx/request_token.hpp"
#include "ngx/variables.hpp"

namespace sallyport::ngx {
namespace {

bool is_met(ngx_http_request_t* r, const Requirement& requirement) {
    for (ngx_http_complex_value_t* const value : requirement.values) {
        const std::string_view text = evaluate(r, value);
        if (text.empty() || text == "0") {
            return false;
        }
    }
    return true;
}

} // namespace

Decision::Decision(ngx_http_request_t* r)
    : policy_(*policy_of(r)),
      loc_conf_(r->loc_conf),
      uri_(r->uri.data),
      waiter_(r) {}

// An internal redirect clears the request's context; try_files and the like do not, and change
// nothing of what was decided.
bool Decision::is_for(ngx_http_request_t* r) const noexcept {
    return loc_conf_ == r->loc_conf && (enforced_ || uri_ == r->uri.data);
}

void Decision::prove(ngx_http_request_t* r) {
    if (stage_ != Stage::waiting) {
        return;
    }
    stage_ = Stage::judging;
    const auto refusal = judge_credential(r);
    if (stage_ == Stage::waiting) {
        return;
    }
    refusal_ = refusal;
    proved_ = !refusal_;
    stage_ = Stage::judged;
    presented_.reset();
    waiter_.leave();
    forget_variables(r);
}

ngx_int_t Decision::wait() noexcept {
    return waiter_.suspend();
}

void Decision::enforce(ngx_http_request_t* r, const auth::RoleRule& rule) {
    if (std::exchange(enforced_, true)) {
        return;
    }
    if (proved_) {
        refusal_ = Reason::internal_error;
        refusal_ = judge_principal(r, rule);
    }
}

std::optional<Reason> Decision::judge_credential(ngx_http_request_t* r) {
    if (!presented_) {
        if (const auto reason = read_token(r)) {
            return reason;
        }
        if (const auto reason = choose_tenant()) {
            return reason;
        }
    }
    return judge_token(r);
}

std::optional<Reason> Decision::read_token(ngx_http_request_t* r) {
    const auto compact = request_token(r, policy_);
    if (!compact) {
        return compact.error();
    }
    if (!*compact) {
        return Reason::no_credential;
    }
    auto presented = jwt::PresentedToken::parse(**compact);
    if (!presented) {
        kid_ = presented.error().kid;
        return presented.error().reason;
    }
    presented_.emplace(std::move(*presented));
    kid_ = presented_->kid().value_or("");
    return std::nullopt;
}

std::optional<Reason> Decision::choose_tenant() {
    if (!policy_.tenants) {
        return std::nullopt;
    }
    const auto hints = presented_->key_hints(policy_.principal_claims.tenant);
    if (!hints.well_formed) {
        return std::nullopt;
    }
    using Kind = auth::TenantDirectory::Choice::Kind;
    const auto choice = policy_.tenants->directory->choose(hints.tenant, hints.issuer);
    if (choice.kind == Kind::tenant) {
        tenant_ = &policy_.tenants->all[choice.index];
    }
    return choice.kind == Kind::conflict ? std::optional(Reason::tenant_conflict) : std::nullopt;
}

std::optional<Reason> Decision::judge_token(ngx_http_request_t* r) {
    const KeySources* const sources =
        tenant_ != nullptr ? tenant_->sources.get() : policy_.sources.get();
    const KeySources no_sources;
    jwt::FetchPlan::Times times = policy_.key_times;
    jwt::AlgorithmSet algorithms = policy_.algorithms;
    if (tenant_ != nullptr) {
        times.cache = tenant_->key_cache.value_or(times.cache);
        algorithms = tenant_->algorithms.value_or(algorithms);
    }
    Keyring keyring(r, sources != nullptr ? *sources : no_sources, times,
                    tenant_ != nullptr ? std::string_view(tenant_->name) : std::string_view(),
                    waiter_);
    auto verified = presented_->verify(keyring.keysets(), algorithms);
    if (!verified) {
        const auto reason = judge_unverified(verified.error().reason, keyring);
        return reason == Reason::key_unknown && keyring.empty() && sources != nullptr
                   ? Reason::keys_unavailable
                   : reason;
    }
    token_ = std::move(*verified);
    return judge_claims();
}

// Whether another key, if there were one, might have made the token a good one.
std::optional<Reason> Decision::judge_unverified(Reason reason, Keyring& keyring) {
    if (reason != Reason::key_unknown && reason != Reason::algorithm_mismatch &&
        reason != Reason::signature_invalid) {
        return reason;
    }
    const bool kid_unknown = reason == Reason::key_unknown;
    if (kid_unknown && presented_->kid() && !keyring.pending()) {
        keyring.fetch_early();
    }
    if (keyring.pending()) {
        keyring.wait(waiter_);
        stage_ = Stage::waiting;
        return reason;
    }
    const bool may_be_elsewhere = kid_unknown || !presented_->kid();
    return keyring.incomplete() && may_be_elsewhere ? Reason::keys_unavailable : reason;
}

std::optional<Reason> Decision::judge_claims() {
    const auto or_place = [&](const auto& own, const jwt::Names& place) -> const jwt::Names& {
        return own ? *own : place;
    };
    const jwt::Names& issuers =
        tenant_ != nullptr ? or_place(tenant_->issuers, policy_.issuers) : policy_.issuers;
    const jwt::Names& audiences =
        tenant_ != nullptr ? or_place(tenant_->audiences, policy_.audiences) : policy_.audiences;
    const auto reason =
        jwt::check_claims(*token_, policy_.claim_times, issuers, audiences, ngx_time());
    auto principal = auth::principal_of(*token_, policy_.principal_claims,
                                        tenant_ != nullptr ? std::string_view(tenant_->name)
                                                           : std::string_view());
    if (!principal) {
        return reason ? reason : principal.error();
    }
    principal_ = std::move(*principal);
    return reason;
}

std::optional<Reason> Decision::judge_principal(ngx_http_request_t* r,
                                                const auth::RoleRule& rule) const {
    if (policy_.requirements != nullptr) {
        for (const Requirement& requirement : *policy_.requirements) {
            if (!is_met(r, requirement)) {
                return requirement.otherwise;
            }
        }
    }
    if (policy_.expected_tenant != nullptr) {
        const std::string_view expected = evaluate(r, policy_.expected_tenant);
        if (expected.empty() || expected != principal_->tenant) {
            return Reason::tenant_mismatch;
        }
    }
    if (rule.kind == auth::RoleRule::Kind::closed) {
        return Reason::method_not_allowed;
    }
    return rule.grants(*principal_) ? std::nullopt : std::optional(Reason::role_missing);
}

Decision& prove(ngx_http_request_t* r) {
    auto* decision = static_cast<Decision*>(ngx_http_get_module_ctx(r, ngx_http_sallyport_module));
    if (decision == nullptr || !decision->is_for(r)) {
        decision = make<Decision>(r->pool, r);
        ngx_http_set_ctx(r, decision, ngx_http_sallyport_module);
    }
    decision->prove(r);
    return *decision;
}

} // namespace sallyport::ngx
