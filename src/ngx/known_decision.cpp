#include "ngx/known_decision.hpp"

#include "ngx/conf.hpp"
#include "ngx/cors.hpp"
#include "ngx/phase.hpp"
#include "ngx/pool.hpp"
#include "ngx/variables.hpp"

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
const Decision& judge_aside(ngx_http_request_t* r, const auth::RoleRule& rule) {
    auto* const known =
        static_cast<Decision*>(ngx_http_get_module_ctx(r, ngx_http_sallyport_module));
    const bool past = is_past_access(r);
    if (known != nullptr && known->is_for(r) && !known->undecided() &&
        (known->enforced() || !past)) {
        return *known;
    }
    const VariablesAside aside(r);
    Decision& decision = prove(r);
    if (past && !decision.undecided()) {
        decision.enforce(r, rule);
    }
    return decision;
}

} // namespace

const Decision* known_decision(ngx_http_request_t* r) {
    const Policy& policy = *policy_of(r);
    const auth::RoleRule& rule = policy.rule(r);
    if (policy.guards() && rule.kind != auth::RoleRule::Kind::open && !is_preflight(r, policy)) {
        return &judge_aside(r, rule);
    }
    const Decision* latest = nullptr;
    each<Decision>(r->pool, [&](const Decision& decision) {
        latest = decision.enforced() ? &decision : nullptr;
        return latest == nullptr;
    });
    return latest;
}

} // namespace sallyport::ngx
