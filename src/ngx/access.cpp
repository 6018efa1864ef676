#include "ngx/access.hpp"

#include "ngx/answer.hpp"
#include "ngx/conf.hpp"
#include "ngx/cors.hpp"
#include "ngx/decision.hpp"
#include "ngx/guard.hpp"

namespace sallyport::ngx {

ngx_int_t access_handler(ngx_http_request_t* r) noexcept {
    return guard(r->connection->log, "access", ngx_int_t{NGX_HTTP_INTERNAL_SERVER_ERROR},
                 [&]() -> ngx_int_t {
                     const Policy& policy = *policy_of(r);
                     if (!policy.guards() || is_preflight(r, policy)) {
                         return NGX_DECLINED;
                     }
                     const auth::RoleRule& rule = policy.rule(r);
                     if (rule.kind == auth::RoleRule::Kind::open) {
                         return NGX_DECLINED;
                     }
                     Decision& decision = prove(r);
                     if (decision.undecided()) {
                         decision.ask(r);
                     }
                     if (decision.undecided()) {
                         return decision.wait();
                     }
                     decision.enforce(r, rule);
                     if (decision.refusal()) {
                         return refuse(r, decision);
                     }
                     return decision.principal() != nullptr ? NGX_OK : NGX_DECLINED;
                 });
}

} // namespace sallyport::ngx
