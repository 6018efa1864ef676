#include "ngx/decision.hpp"

#include "auth/credential.hpp"
#include "base/text.hpp"
#include "ngx/conf.hpp"
#include "ngx/keyring.hpp"
#include "ngx/pool.hpp"
#include "ngx/variables.hpp"

namespace sallyport::ngx {
namespace {

std::string_view evaluate(ngx_http_request_t* r, ngx_http_complex_value_t* value) {
    ngx_str_t text{};
    if (ngx_http_complex_value(r, value, &text) != NGX_OK) {
        throw std::bad_alloc();
    }
    return view(text);
}

using Presented = Result<std::optional<std::string_view>, Reason>;

// nginx refuses a second Authorization field by itself, but an error page that it then serves is
// a request that still carries both.
bool has_second_authorization(ngx_http_request_t* r) noexcept {
    const ngx_table_elt_t* const first = r->headers_in.authorization;
    for (const ngx_list_part_t* part = &r->headers_in.headers.part; part != nullptr;
         part = part->next) {
        const auto* const fields = static_cast<const ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            if (&fields[i] != first && fields[i].hash == first->hash &&
                equal_ignoring_case(view(fields[i].key), view(first->key))) {
                return true;
            }
        }
    }
    return false;
}

Presented header_token(ngx_http_request_t* r) {
    const ngx_table_elt_t* const field = r->headers_in.authorization;
    if (field == nullptr) {
        return std::optional<std::string_view>();
    }
    if (has_second_authorization(r)) {
        return Failure{Reason::ambiguous_credential};
    }
    return auth::bearer_token(view(field->value));
}

// The token that the client presents. Two different ones would let us judge one, and the
// application believe the other.
Presented presented_token(ngx_http_request_t* r, const Policy& policy) {
    if (policy.token == nullptr) {
        return header_token(r);
    }
    const std::string_view token = evaluate(r, policy.token);
    if (token.empty()) {
        return std::optional<std::string_view>();
    }
    const auto other = header_token(r);
    if (!other) {
        return other;
    }
    if (*other && **other != token) {
        return Failure{Reason::ambiguous_credential};
    }
    return std::optional(token);
}

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
      uri_(r->uri.data) {}

bool Decision::is_for(ngx_http_request_t* r) const noexcept {
    return loc_conf_ == r->loc_conf && uri_ == r->uri.data;
}

void Decision::prove(ngx_http_request_t* r) {
    if (stage_ != Stage::waiting) {
        return;
    }
    stage_ = Stage::judging;
    refusal_ = judge_credential(r);
    proved_ = !refusal_;
    stage_ = Stage::judged;
    forget_variables(r);
}

void Decision::enforce(ngx_http_request_t* r, const auth::RoleRule& rule) {
    enforced_ = true;
    if (proved_) {
        refusal_ = Reason::internal_error;
        refusal_ = judge_principal(r, rule);
    }
}

std::optional<Reason> Decision::judge_credential(ngx_http_request_t* r) {
    const auto presented = presented_token(r, policy_);
    if (!presented) {
        return presented.error();
    }
    return *presented ? judge_token(r, **presented) : Reason::no_credential;
}

std::optional<Reason> Decision::judge_token(ngx_http_request_t* r, std::string_view compact) {
    const Keyring keyring(r, policy_);
    if (keyring.empty()) {
        return Reason::keys_unavailable;
    }
    auto verified = jwt::verify(compact, keyring.keysets(), policy_.algorithms);
    if (!verified) {
        kid_ = verified.error().kid;
        const bool may_be_good =
            verified.error().reason == Reason::key_unknown && keyring.incomplete();
        return may_be_good ? Reason::keys_unavailable : verified.error().reason;
    }
    kid_ = verified->kid();
    token_ = std::move(*verified);
    const auto reason = jwt::check_claims(*token_, policy_.claim_rules, ngx_time());
    auto principal = auth::principal_of(*token_, policy_.principal_claims);
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

const Decision* known_decision(ngx_http_request_t* r) {
    const Policy& policy = *policy_of(r);
    if (policy.jwt && policy.rule(r).kind != auth::RoleRule::Kind::open) {
        return &prove(r);
    }
    const Decision* latest = nullptr;
    each<Decision>(r->pool, [&](const Decision& decision) {
        latest = decision.enforced() ? &decision : nullptr;
        return latest == nullptr;
    });
    return latest;
}

} // namespace sallyport::ngx
