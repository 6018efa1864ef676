#include "ngx/access/known_decision.hpp"

#include "ngx/access/policy.hpp"
#include "ngx/access/variables.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {
namespace {

// Whoever reads a variable may be in the middle of a script, which reads each of its variables
// twice: judging, which reads others anew, must not change them under its hands.
class VariablesAside {
  public:
    explicit VariablesAside(ngx_http_request_t* r) : r_(r), own_(r->variables) {
        r->variables = copy_variables(r);
    }
    VariablesAside(const VariablesAside&) = delete;
    VariablesAside& operator=(const VariablesAside&) = delete;
    ~VariablesAside() { r_->variables = own_; }

  private:
    ngx_http_request_t* r_;
    ngx_http_variable_value_t* own_;
};

// A request that was admitted by another check ("satisfy any") may never have come to ours.
Decision& judge_aside(ngx_http_request_t* r) {
    Decision* const known = decision_here(r);
    const bool past = is_past_access(r);
    if (known != nullptr && !known->undecided() && (known->enforced() || !past)) {
        return *known;
    }
    const VariablesAside aside(r);
    Decision& decision = prove(r);
    if (past && !decision.undecided()) {
        decision.enforce(r, policy_of(r)->rule(r));
    }
    return decision;
}

// What a limit counts by has to be known before the access phase, which may have to wait for keys.
// Null when keys that were fetched last do not prove it; others may.
const Decision* judge_early(ngx_http_request_t* r) {
    Decision* early = nullptr;
    each<Decision>(r->pool, [&](Decision& decision) {
        const bool found = decision.is_early() && decision.is_of(r) && decision.is_for(r);
        early = found ? &decision : nullptr;
        return !found;
    });
    if (early == nullptr) {
        const VariablesAside aside(r);
        early = make<Decision>(r->pool, r, true);
        early->prove(r);
    }
    return early->principal() != nullptr ? early : nullptr;
}

bool needs_early(ngx_http_request_t* r, const Decision& decision) noexcept {
    return decision.waiting() && decision.method() == auth::Method::jwt && !is_past_access(r);
}

ngx_http_request_t* judged_request(ngx_http_request_t* r) noexcept {
    return decision_here(r) != nullptr ? r : r->main;
}

} // namespace

const Decision* known_decision(ngx_http_request_t* r) {
    r = judged_request(r);
    if (policy_of(r)->guards(r)) {
        const Decision& decision = judge_aside(r);
        const Decision* const early = needs_early(r, decision) ? judge_early(r) : nullptr;
        return early != nullptr ? early : &decision;
    }
    const Decision* latest = nullptr;
    each<Decision>(r->pool, [&](const Decision& decision) {
        latest = decision.is_of(r) && decision.enforced() ? &decision : nullptr;
        return latest == nullptr;
    });
    return latest;
}

bool speaks_for(const Decision& decision, ngx_http_request_t* r) noexcept {
    r = judged_request(r);
    const bool stands = decision.passed() || decision.is_early() || decision_here(r) == &decision;
    return (stands && !decision.refusal()) || is_being_logged(r);
}

void note_admission(ngx_http_request_t* r) {
    if (!policy_of(r)->guards(r)) {
        return;
    }
    const bool is_told = !worker(r)->variables.empty();
    if (Decision* const decision = is_told ? &judge_aside(r) : decision_here(r)) {
        decision->pass();
    }
}

} // namespace sallyport::ngx
