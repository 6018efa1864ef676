#include "ngx/access/handler.hpp"

#include "ngx/access/decision_for_variables.hpp"
#include "ngx/access/forwarding.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/refusal.hpp"
#include "ngx/access/requirements.hpp"
#include "ngx/access/variables.hpp"
#include "ngx/runtime/captured_answer.hpp"
#include "ngx/runtime/request.hpp"

namespace sallyport::ngx {
namespace {

// The configuration shows that the access phase of the main request refuses whatever this location
// would refuse.
bool is_guarded_alike(ngx_http_request_t* main, const Policy& policy) noexcept {
    const Policy& own = *policy_of(main);
    const auto* const core = static_cast<const ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(main, ngx_http_core_module));
    return own.guards(main) &&
           (&own == &policy || (core->satisfy == NGX_HTTP_SATISFY_ALL &&
                                (own.mode == Mode::enforce || own.mode == policy.mode)));
}

bool would_admit_all(ngx_http_request_t* r) noexcept {
    const Policy& policy = *policy_of(r);
    return policy.guards(r) && policy.mode != Mode::observe &&
           !is_kind(policy.endpoint, EndpointKind::me) && !is_past_access(r->main) &&
           !is_guarded_alike(r->main, policy) && CapturedAnswer::of(r) == nullptr;
}

// auth_require also applies to requests that need no credential, and to those that another check
// has admitted ("satisfy any").
ngx_int_t check_every_request(ngx_http_request_t* r, const Policy& policy) {
    if (policy.requirements.of_requests == nullptr) {
        return NGX_DECLINED;
    }
    const Decision* const known = decision_here(r);
    if (known != nullptr && known->knows_every_request()) {
        return known->refuses_every_request() ? known->status() : NGX_DECLINED;
    }
    const Unmet* const unmet = unmet_requirement_of_request(r, policy.requirements);
    if (unmet == nullptr) {
        return NGX_DECLINED;
    }
    Decision& decision = decision_for(r);
    decision.refuse_for(r, *unmet);
    return refuse(r, decision);
}

} // namespace

ngx_int_t access_handler(ngx_http_request_t* r) {
    const Policy& policy = *policy_of(r);
    if (!policy.guards(r)) {
        return NGX_DECLINED;
    }
    Decision& decision = authenticate(r);
    const ngx_int_t rc = decision.decide(r, policy.rule(r));
    if (rc != NGX_OK) {
        return rc;
    }
    if (decision.refusal()) {
        return refuse(r, decision);
    }
    return decision.principal() != nullptr ? NGX_OK : NGX_DECLINED;
}

ngx_int_t subrequest_handler(ngx_http_request_t* r) noexcept {
    if (r->internal) {
        restore_fields(r);
    }
    if (r == r->main || !would_admit_all(r)) {
        return NGX_DECLINED;
    }
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "sallyport: a subrequest is not checked here and would admit everyone; ask a "
                  "location with \"auth_endpoint me\" instead");
    r->error_page = 1; // no error page may turn this into an admission
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}

ngx_int_t admission_handler(ngx_http_request_t* r) {
    const ngx_int_t rc =
        r == r->main ? check_every_request(r, *policy_of(r)) : static_cast<ngx_int_t>(NGX_DECLINED);
    if (rc == NGX_DECLINED) {
        if (r == r->main) {
            note_admission(r);
        }
        withhold_credential(r);
    }
    return rc;
}

// nginx marks logged subrequests itself, and no longer needs the mark of a main request.
ngx_int_t log_handler(ngx_http_request_t* r) noexcept {
    r->logged = 1;
    restore_fields(r);
    forget_variables(r);
    return NGX_OK;
}

} // namespace sallyport::ngx
