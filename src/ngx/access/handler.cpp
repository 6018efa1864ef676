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
           (&own == &policy ||
            ((core->satisfy == NGX_HTTP_SATISFY_ALL || own.phase == Phase::preaccess) &&
             (own.mode == Mode::enforce || own.mode == policy.mode)));
}

bool would_admit_all(ngx_http_request_t* r) noexcept {
    const Policy& policy = *policy_of(r);
    const auto* const conditions = policy.requirements.of_requests;
    const bool is_checked_by_main =
        (!policy.guards(r) || is_guarded_alike(r->main, policy)) &&
        (conditions == nullptr || conditions == policy_of(r->main)->requirements.of_requests);
    return !is_checked_by_main && policy.mode != Mode::observe &&
           !is_kind(policy.endpoint, EndpointKind::me) && policy.phase != Phase::preaccess &&
           !is_past_access(r->main) && CapturedAnswer::of(r) == nullptr;
}

// auth_require also applies to requests that need no credential, and to those that another check
// has admitted ("satisfy any").
ngx_int_t check_every_request(ngx_http_request_t* r, const Policy& policy) {
    if (policy.requirements.of_requests == nullptr) {
        return NGX_DECLINED;
    }
    const Decision* const known = decision_here(r);
    if (known != nullptr && known->knows_every_request()) {
        return known->refuses_every_request() ? refuse_again(r, *known) : NGX_DECLINED;
    }
    const Unmet* const unmet = unmet_requirement_of_request(r, policy.requirements);
    if (unmet == nullptr) {
        return NGX_DECLINED;
    }
    Decision& decision = decision_for(r);
    decision.refuse_for(r, *unmet);
    return refuse(r, decision);
}

// No error page may turn the refusal of a subrequest, or a failure, into an admission. A page that
// includes the answer does not include the error.
template <typename Check>
ngx_int_t without_error_page(ngx_http_request_t* r, Check&& check) {
    const unsigned had_page = r->error_page;
    r->error_page = r == r->main ? had_page : 1U;
    const ngx_int_t rc = check();
    if (rc == NGX_DECLINED) {
        r->error_page = had_page;
    } else if (r != r->main) {
        r->header_only = 1;
    }
    return rc;
}

ngx_int_t decide(ngx_http_request_t* r) {
    Decision& decision = authenticate(r);
    const ngx_int_t rc = decision.decide(r, policy_of(r)->rule(r));
    if (rc != NGX_OK) {
        return rc;
    }
    if (decision.refusal()) {
        return refuse(r, decision);
    }
    return decision.principal() != nullptr ? NGX_OK : NGX_DECLINED;
}

// A subrequest shares its variables with its parent, which must not take over values about the
// principal of this one.
void give_own_variables(ngx_http_request_t* r) {
    if (!has_own_variables(r)) {
        r->variables = copy_variables(r);
        forget_variables(r);
    }
}

ngx_int_t decide_at_once(ngx_http_request_t* r) {
    give_own_variables(r);
    Decision& decision = authenticate(r);
    decision.decide_at_once(r, policy_of(r)->rule(r));
    return decision.refusal() ? refuse(r, decision) : NGX_DECLINED;
}

bool is_decided(ngx_http_request_t* r) noexcept {
    const Decision* const known = decision_here(r);
    return known != nullptr && known->is_final();
}

// `slice` and background updates of a cache continue an admitted request in its content phase.
bool is_clone(ngx_http_request_t* r) noexcept {
    return r != r->main && is_past_access(r) && r->loc_conf == r->parent->loc_conf &&
           (is_decided(r->parent) || is_clone(r->parent));
}

ngx_int_t check_at_once(ngx_http_request_t* r) {
    if (decides_in_preaccess(r) && !is_decided(r) && !is_clone(r)) {
        if (const ngx_int_t rc = decide_at_once(r); rc != NGX_DECLINED) {
            return rc;
        }
    }
    return is_past_access(r) ? NGX_DECLINED : check_every_request(r, *policy_of(r));
}

} // namespace

ngx_int_t access_handler(ngx_http_request_t* r) {
    if (!policy_of(r)->guards(r)) {
        return NGX_DECLINED;
    }
    if (decides_in_preaccess(r) && is_decided(r) && !decision_here(r)->refuses()) {
        return NGX_DECLINED;
    }
    return decide(r);
}

ngx_int_t preaccess_handler(ngx_http_request_t* r) {
    if (!decides_in_preaccess(r)) {
        return NGX_DECLINED;
    }
    if (r != r->main) {
        return without_error_page(r, [&] { return decide_at_once(r); });
    }
    const ngx_int_t rc = decide(r);
    return rc == NGX_OK ? NGX_DECLINED : rc;
}

void check_early_answer(ngx_http_request_t* r) {
    if (r == r->main || r->headers_out.status >= NGX_HTTP_BAD_REQUEST || !is_checked(r)) {
        return;
    }
    const ngx_int_t rc = without_error_page(r, [&] { return check_at_once(r); });
    if (rc != NGX_DECLINED) {
        r->headers_out.status = static_cast<ngx_uint_t>(rc);
        r->headers_out.status_line.len = 0;
    }
}

ngx_int_t subrequest_handler(ngx_http_request_t* r) {
    if (r->internal) {
        restore_fields(r);
    }
    if (r == r->main) {
        return NGX_DECLINED;
    }
    if (decides_in_preaccess(r)) {
        return without_error_page(r, [&] {
            give_own_variables(r);
            return NGX_DECLINED;
        });
    }
    if (!would_admit_all(r)) {
        return NGX_DECLINED;
    }
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "sallyport: a subrequest is not checked here and would admit everyone; ask a "
                  "location with \"auth_endpoint me\" or \"auth_jwt_phase preaccess\" instead");
    r->error_page = 1; // no error page may turn this into an admission
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}

ngx_int_t admission_handler(ngx_http_request_t* r) {
    const bool checked = is_checked(r);
    const ngx_int_t rc =
        checked ? without_error_page(r, [&] { return check_every_request(r, *policy_of(r)); })
                : static_cast<ngx_int_t>(NGX_DECLINED);
    if (rc == NGX_DECLINED) {
        if (checked) {
            note_admission(r);
        }
        withhold_credential(r);
    }
    return rc;
}

// nginx marks logged subrequests itself, and no longer needs the mark of a main request.
ngx_int_t log_handler(ngx_http_request_t* r) noexcept {
    r->logged = 1;
    forget_variables(r);
    return NGX_OK;
}

} // namespace sallyport::ngx
