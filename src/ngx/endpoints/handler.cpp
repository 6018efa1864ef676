#include "ngx/endpoints/handler.hpp"

#include <algorithm>
#include <array>

#include "ngx/access/cors.hpp"
#include "ngx/access/decision_for_variables.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/variables.hpp"
#include "ngx/endpoints/endpoint.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/runtime/request_body.hpp"

namespace sallyport::ngx {
namespace {

constexpr Methods post{NGX_HTTP_POST, "POST"};
constexpr Methods post_or_delete{NGX_HTTP_POST | NGX_HTTP_DELETE, "POST, DELETE"};
constexpr Methods get{NGX_HTTP_GET | NGX_HTTP_HEAD, "GET, HEAD"};
constexpr Methods get_or_delete{NGX_HTTP_GET | NGX_HTTP_HEAD | NGX_HTTP_DELETE,
                                "GET, HEAD, DELETE"};
constexpr Methods get_or_options{NGX_HTTP_GET | NGX_HTTP_HEAD | NGX_HTTP_OPTIONS,
                                 "GET, HEAD, OPTIONS"};

using enum EndpointKind;

// Handlers that read a body, and handlers that respond at once.
using Make = std::unique_ptr<Endpoint> (*)(ngx_http_request_t*);
constexpr EndpointInfo reads(EndpointKind kind, std::string_view name, bool is_entrance,
                             bool needs_store, Make make, const Methods& methods = post) {
    return {kind, name, methods, is_entrance, needs_store, make, nullptr};
}
using Respond = EndpointAnswer (*)(ngx_http_request_t*);
constexpr EndpointInfo answers(EndpointKind kind, std::string_view name, bool is_entrance,
                               Respond answer, const Methods& methods = get) {
    return {kind, name, methods, is_entrance, false, nullptr, answer};
}

constexpr std::array endpoints{
    // kind, name, is_entrance, needs_store, function
    reads(login, "login", true, true, make_login),
    reads(refresh, "refresh", true, true, make_refresh),
    reads(logout, "logout", true, true, make_logout),
    answers(me, "me", false, answer_me),
    answers(jwks, "jwks", true, answer_jwks),
    reads(revoke, "revoke", false, true, make_revoke, post_or_delete),
    reads(introspect, "introspect", false, true, make_introspect),
    reads(sessions, "sessions", false, true, make_sessions, get_or_delete),
    reads(admin_sessions, "sessions admin", false, true, make_admin_sessions, get_or_delete),
    answers(status, "status", false, answer_status),
    answers(metadata, "metadata", true, answer_metadata, get_or_options),
    reads(backchannel_logout, "backchannel_logout", true, false, make_backchannel_logout),
};

// Refuses a request before anything it presents has been checked.
EndpointAnswer refuse_form(ngx_http_request_t* r, Reason reason) {
    log_refusal(r, reason, {});
    note_refusal(r, reason);
    audit(r, policy_of(r)->audit_log, {.event = "refused", .reason = describe(reason).name});
    return problem(r, reason);
}

// nginx calls it when it has read the body, whose length was unknown if it came in chunks.
std::optional<ngx_int_t> begin(ngx_http_request_t* r) {
    if (body_size(r) > auth::max_endpoint_body) {
        wipe_body(r);
        return send_answer(r, refuse_form(r, Reason::body_too_large));
    }
    own(r, policy_of(r)->endpoint->make(r));
    advance(r);
    return std::nullopt;
}

// Checks the caller if the access phase has not: for a subrequest, or when "satisfy any" let
// another check admit the request. While the check is pending, nginx calls the content handler
// again.
ngx_int_t check_caller(ngx_http_request_t* r) {
    const Policy& policy = *policy_of(r);
    if (!policy.guards(r)) {
        return NGX_OK;
    }
    if (r != r->main && decision_here(r) == nullptr) {
        // The variables of a subrequest are those of its main request, whose caller is another.
        r->variables = copy_variables(r);
    }
    Decision& decision = authenticate(r);
    const bool was_decided = decision.is_final();
    const ngx_int_t rc = decision.decide(r, policy.rule(r));
    if (rc == NGX_OK && !was_decided && decision.refusal()) {
        report_refusal(r, decision);
    }
    if (rc != NGX_AGAIN) {
        return rc;
    }
    r->main->count++;
    r->write_event_handler = ngx_http_core_run_phases;
    return NGX_DONE;
}

ngx_int_t read_body(ngx_http_request_t* r) {
    if (r->headers_in.content_length_n > static_cast<off_t>(auth::max_endpoint_body)) {
        return send_answer(r, refuse_form(r, Reason::body_too_large));
    }
    r->request_body_in_single_buf = 1;
    const ngx_int_t rc =
        ngx_http_read_client_request_body(r, finalizing_callback<"endpoint", begin>);
    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}

} // namespace

const EndpointInfo* find_endpoint(std::string_view name) noexcept {
    const auto* const found =
        std::find_if(endpoints.begin(), endpoints.end(),
                     [&](const EndpointInfo& endpoint) { return endpoint.name == name; });
    return found != endpoints.end() ? found : nullptr;
}

ngx_int_t answer_endpoint(ngx_http_request_t* r) {
    const Policy& policy = *policy_of(r);
    const EndpointInfo& endpoint = *policy.endpoint;
    if (is_preflight(r, policy)) {
        answer_preflight(r, policy, endpoint.methods.list);
        return send_answer(r, {.status = NGX_HTTP_NO_CONTENT, .type = {}});
    }
    if ((r->method & endpoint.methods.bits) == 0) {
        EndpointAnswer answer = refuse_form(r, Reason::method_unsupported);
        answer.allow = endpoint.methods.list;
        return send_answer(r, answer);
    }
    if (endpoint.make != nullptr && r != r->main) {
        // A mirror or an include must not spend a token that its client holds.
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "sallyport: this endpoint cannot be called by a subrequest");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    if (const ngx_int_t rc = check_caller(r); rc != NGX_OK) {
        return rc;
    }
    return endpoint.answer != nullptr ? send_answer(r, endpoint.answer(r)) : read_body(r);
}

} // namespace sallyport::ngx
