#include "ngx/access/decision_for_variables.hpp"

#include "ngx/access/policy.hpp"
#include "ngx/access/variables.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {
namespace {

// Another access check ("satisfy any") may have admitted the request before ours ran.
Decision& decide_aside(ngx_http_request_t* r) {
    Decision* const known = decision_here(r);
    const bool past = is_past_access(r);
    if (known != nullptr && !known->pending() && (known->is_final() || !past)) {
        return *known;
    }
    const VariablesAside aside(r);
    Decision& decision = authenticate(r);
    if (past && !decision.pending()) {
        decision.authorize(r, policy_of(r)->rule(r));
    }
    return decision;
}

// Limits need the principal before the access phase, which may have to wait for keys. Null if the
// keys that were fetched last do not verify the token; newer keys may.
const Decision* authenticate_early(ngx_http_request_t* r) {
    Decision* early = nullptr;
    each<Decision>(r->pool, [&](Decision& decision) {
        const bool found = decision.is_early() && decision.is_of(r) && decision.is_for(r);
        early = found ? &decision : nullptr;
        return !found;
    });
    if (early == nullptr) {
        const VariablesAside aside(r);
        early = make<Decision>(r->pool, r, true);
        early->authenticate(r);
    }
    return early->principal() != nullptr ? early : nullptr;
}

bool needs_early(ngx_http_request_t* r, const Decision& decision) noexcept {
    return decision.waiting() && decision.method() == auth::Method::jwt && !is_past_access(r);
}

bool was_decided(ngx_http_request_t* r) noexcept {
    bool found = false;
    each<Decision>(r->pool, [&](const Decision& decision) {
        found = decision.is_of(r) && !decision.is_early();
        return !found;
    });
    return found;
}

// A subrequest about which no decision of its own was or will be made uses that of its main
// request.
ngx_http_request_t* decided_request(ngx_http_request_t* r) noexcept {
    const bool decides =
        r == r->main || (decides_in_preaccess(r) && has_own_variables(r)) || was_decided(r);
    return decides ? r : r->main;
}

} // namespace

const Decision* decision_for_variables(ngx_http_request_t* r) {
    r = decided_request(r);
    if (policy_of(r)->guards(r)) {
        const Decision& decision = decide_aside(r);
        const Decision* const early = needs_early(r, decision) ? authenticate_early(r) : nullptr;
        return early != nullptr ? early : &decision;
    }
    const Decision* latest = nullptr;
    each<Decision>(r->pool, [&](const Decision& decision) {
        latest = decision.is_of(r) && decision.is_final() ? &decision : nullptr;
        return latest == nullptr;
    });
    return latest;
}

const Decision* decision_for_reason(ngx_http_request_t* r) {
    const Decision* refused = decision_for_variables(r);
    if (refused == nullptr) {
        each<Decision>(r->pool, [&](const Decision& decision) {
            refused = !decision.is_of(r) && decision.is_final() && decision.refuses() ? &decision
                                                                                      : nullptr;
            return refused == nullptr;
        });
    }
    return refused;
}

bool speaks_for(const Decision& decision, ngx_http_request_t* r) noexcept {
    r = decided_request(r);
    const bool stands = decision.admitted() || decision.is_early() || decision_here(r) == &decision;
    return (stands && !decision.refusal()) || is_being_logged(r);
}

void note_admission(ngx_http_request_t* r) {
    if (!policy_of(r)->guards(r)) {
        return;
    }
    const bool is_told = !worker(r)->variables.empty();
    if (Decision* const decision = is_told ? &decide_aside(r) : decision_here(r)) {
        decision->note_admitted();
    }
}

} // namespace sallyport::ngx
