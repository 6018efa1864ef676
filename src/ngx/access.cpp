#include "ngx/access.hpp"

#include "ngx/answer.hpp"
#include "ngx/conf.hpp"
#include "ngx/guard.hpp"
#include "ngx/known_decision.hpp"
#include "ngx/variables.hpp"

namespace sallyport::ngx {
namespace {

ngx_int_t judge(ngx_http_request_t* r) {
    const Policy& policy = *policy_of(r);
    if (!policy.guards(r)) {
        return NGX_DECLINED;
    }
    Decision& decision = prove(r);
    const ngx_int_t rc = decision.decide(r, policy.rule(r));
    if (rc != NGX_OK) {
        return rc;
    }
    if (decision.refusal()) {
        return refuse(r, decision);
    }
    return decision.principal() != nullptr ? NGX_OK : NGX_DECLINED;
}

} // namespace

ngx_int_t access_handler(ngx_http_request_t* r) noexcept {
    return guard(r->connection->log, "access", ngx_int_t{NGX_HTTP_INTERNAL_SERVER_ERROR},
                 [&] { return judge(r); });
}

ngx_int_t admission_handler(ngx_http_request_t* r) noexcept {
    if (r != r->main) {
        return NGX_DECLINED;
    }
    return guard(r->connection->log, "admission", ngx_int_t{NGX_HTTP_INTERNAL_SERVER_ERROR}, [&] {
        note_admission(r);
        return ngx_int_t{NGX_DECLINED};
    });
}

// nginx itself marks subrequests, and asks no more for the mark of a main request.
ngx_int_t log_handler(ngx_http_request_t* r) noexcept {
    r->logged = 1;
    forget_variables(r);
    return NGX_OK;
}

} // namespace sallyport::ngx
