#include "ngx/endpoints/endpoint.hpp"

#include <array>
#include <stdexcept>

#include "auth/challenge.hpp"
#include "ngx/access/cors.hpp"
#include "ngx/access/known_decision.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/request_credential.hpp"
#include "ngx/access/variables.hpp"
#include "ngx/runtime/audit_log.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/runtime/request_body.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {
namespace {

// Owns the endpoint of a request; in its pool.
struct Run {
    std::unique_ptr<Endpoint> endpoint;
};

void go_on(ngx_http_request_t* r) noexcept {
    Run* run = nullptr;
    each<Run>(r->pool, [&](Run& latest) {
        run = &latest;
        return false;
    });
    bool waits = false;
    const ngx_int_t rc =
        guard(r->connection->log, "endpoint", ngx_int_t{NGX_HTTP_INTERNAL_SERVER_ERROR}, [&] {
            if (const auto answer = run->endpoint->advance()) {
                return send_answer(r, *answer);
            }
            const ngx_int_t waiting = run->endpoint->wait();
            waits = waiting == NGX_AGAIN;
            return waiting;
        });
    if (waits) {
        r->write_event_handler = go_on;
        return;
    }
    run->endpoint->leave();
    ngx_http_finalize_request(r, rc);
}

using Make = std::unique_ptr<Endpoint> (*)(ngx_http_request_t* r);

// Before there is anything to judge.
EndpointAnswer refuse_form(ngx_http_request_t* r, Reason reason) {
    log_refusal(r, reason, {});
    note_refusal(r, reason);
    audit(r, policy_of(r)->audit_log, {.event = "refused", .reason = describe(reason).name});
    return problem(reason);
}

// nginx calls it when it has the body, whose length may not have been told before.
template <Make make_endpoint>
void begin(ngx_http_request_t* r) noexcept {
    bool begun = false;
    const ngx_int_t rc =
        guard(r->connection->log, "endpoint", ngx_int_t{NGX_HTTP_INTERNAL_SERVER_ERROR}, [&] {
            if (body_size(r) > auth::max_endpoint_body) {
                wipe_body(r);
                return send_answer(r, refuse_form(r, Reason::body_too_large));
            }
            make<Run>(r->pool, make_endpoint(r));
            begun = true;
            return ngx_int_t{NGX_OK};
        });
    if (!begun) {
        ngx_http_finalize_request(r, rc);
        return;
    }
    go_on(r);
}

// One of these two, by whether it takes a body, and so a POST.
struct Kind {
    EndpointKind kind;
    ngx_http_client_body_handler_pt begin;
    EndpointAnswer (*answer)(ngx_http_request_t* r);
};

constexpr std::array kinds{
    Kind{EndpointKind::login, begin<make_login>, nullptr},
    Kind{EndpointKind::refresh, begin<make_refresh>, nullptr},
    Kind{EndpointKind::logout, begin<make_logout>, nullptr},
    Kind{EndpointKind::me, nullptr, answer_me},
    Kind{EndpointKind::jwks, nullptr, answer_jwks},
    Kind{EndpointKind::revoke, begin<make_revoke>, nullptr},
    Kind{EndpointKind::introspect, begin<make_introspect>, nullptr},
};

// A subrequest, or a request that another check has let in ("satisfy any"), may not have come to
// ours. While something has to be waited for, nginx calls the endpoint again when there is news.
ngx_int_t judge_caller(ngx_http_request_t* r) {
    const Policy& policy = *policy_of(r);
    if (!policy.guards(r)) {
        return NGX_OK;
    }
    if (r != r->main && decision_here(r) == nullptr) {
        // It shares them with its main request, which it must not speak for.
        r->variables = copy_variables(r);
    }
    Decision& decision = prove(r);
    const bool was_decided = decision.enforced();
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

ngx_int_t handle(ngx_http_request_t* r, const Kind& kind) {
    const ngx_uint_t methods = kind.begin != nullptr ? NGX_HTTP_POST : NGX_HTTP_GET | NGX_HTTP_HEAD;
    const std::string_view allowed = kind.begin != nullptr ? "POST" : "GET, HEAD";
    if (is_preflight(r, *policy_of(r))) {
        answer_preflight(r, *policy_of(r), allowed);
        return send_answer(r, {.status = NGX_HTTP_NO_CONTENT, .type = {}});
    }
    if ((r->method & methods) == 0) {
        EndpointAnswer answer = refuse_form(r, Reason::method_unsupported);
        answer.allow = allowed;
        return send_answer(r, answer);
    }
    if (kind.begin != nullptr && r != r->main) {
        // What a mirror or an include asks must not spend what its client holds.
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "sallyport: this endpoint is not for subrequests");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    if (const ngx_int_t rc = judge_caller(r); rc != NGX_OK) {
        return rc;
    }
    if (kind.begin == nullptr) {
        return send_answer(r, kind.answer(r));
    }
    if (r->headers_in.content_length_n > static_cast<off_t>(auth::max_endpoint_body)) {
        return send_answer(r, refuse_form(r, Reason::body_too_large));
    }
    r->request_body_in_single_buf = 1;
    const ngx_int_t rc = ngx_http_read_client_request_body(r, kind.begin);
    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}

} // namespace

ngx_int_t endpoint_handler(ngx_http_request_t* r) noexcept {
    return guard(r->connection->log, "endpoint", ngx_int_t{NGX_HTTP_INTERNAL_SERVER_ERROR},
                 [&]() -> ngx_int_t {
                     for (const Kind& kind : kinds) {
                         if (kind.kind == policy_of(r)->endpoint) {
                             return handle(r, kind);
                         }
                     }
                     return NGX_HTTP_INTERNAL_SERVER_ERROR;
                 });
}

Endpoint::Endpoint(ngx_http_request_t* r)
    : r_(r),
      policy_(*policy_of(r)),
      waiter_(r, go_on),
      body_(take_body(r)) {}

auth::BodyType Endpoint::body_type() const noexcept {
    const ngx_table_elt_t* const type = r_->headers_in.content_type;
    return auth::body_type(type != nullptr ? view(type->value) : std::string_view());
}

std::optional<Reason> Endpoint::check_body() const noexcept {
    const bool known = body_type() == auth::BodyType::json || body_type() == auth::BodyType::form;
    return known ? std::nullopt : std::optional(Reason::content_type_unsupported);
}

Result<Secret, Reason> Endpoint::presented_token() const {
    if (const auto reason = check_body()) {
        return Failure{*reason};
    }
    return auth::read_token(body_type(), text(body_.view()));
}

Result<std::string_view, Reason> Endpoint::bearer_token() const {
    const auto credential = authorization_field(r_);
    if (!credential) {
        return Failure{credential.error()};
    }
    if (!*credential || (*credential)->method != auth::Method::jwt) {
        return Failure{Reason::no_credential};
    }
    return (*credential)->text;
}

Result<auth::RefreshClaims, auth::RefusedRefresh> Endpoint::refresh_claims(bool asks_grant) const {
    const auto refused = [](Reason reason) { return Failure<auth::RefusedRefresh>{{reason}}; };
    if (const auto reason = check_body()) {
        return refused(*reason);
    }
    const auto token = auth::read_refresh_token(body_type(), text(body_.view()), asks_grant);
    if (!token) {
        return refused(token.error());
    }
    return issuer().read_refresh(text(token->view()), ngx_time());
}

void Endpoint::ask_store(auth::StoreStep step) {
    const auto& queue = worker(r_)->store_queue;
    if (queue == nullptr) {
        throw std::runtime_error("the token store could not be opened when the worker started");
    }
    store_call_ = queue->ask(std::move(step));
    waiter_.wait_for(store_call_);
}

EndpointAnswer Endpoint::refuse(const char* event, Reason reason, const RefusalLog& about,
                                std::vector<std::string> challenges) {
    log_refusal(r_, reason, about);
    note_refusal(r_, reason);
    audit(r_, policy_.audit_log,
          {.event = event,
           .tenant = about.tenant,
           .subject = about.subject,
           .kid = about.kid,
           .reason = describe(reason).name});
    return problem(reason, std::move(challenges));
}

EndpointAnswer Endpoint::refuse_token(const char* event, const auth::RefusedRefresh& refused) {
    const auto& [reason, claims] = refused;
    log_refusal(r_, reason,
                {.kid = claims.kid, .tenant = claims.tenant, .subject = claims.subject});
    note_refusal(r_, reason);
    audit(r_, policy_.audit_log, refused_event(event, refused));
    return problem(reason, token_challenge(reason));
}

auth::AuditEvent Endpoint::refused_event(const char* event, const auth::RefusedRefresh& refused) {
    const auto& [reason, claims] = refused;
    return {.event = event,
            .tenant = claims.tenant,
            .subject = claims.subject,
            .sid = claims.sid,
            .jti = claims.jti,
            .kid = claims.kid,
            .reason = describe(reason).name};
}

EndpointAnswer Endpoint::refuse_caller(Reason reason) {
    return refuse("refused", reason, {}, challenges_of(r_, policy_, reason, std::nullopt));
}

std::vector<std::string> Endpoint::token_challenge(Reason reason, auth::Method method) const {
    if (describe(reason).status != NGX_HTTP_UNAUTHORIZED) {
        return {};
    }
    return {auth::challenge(method, issuer().terms().issuer, reason, std::nullopt)};
}

bool Endpoint::is_for_others(std::string_view tenant) const {
    if (policy_.expected_tenant == nullptr) {
        return false;
    }
    const std::string_view expected = evaluate(r_, policy_.expected_tenant);
    return expected.empty() || expected != tenant;
}

Result<const auth::Principal*, Reason> caller_of(ngx_http_request_t* r) {
    const Decision* const decision = known_decision(r);
    if (decision == nullptr || decision->undecided()) {
        return Failure{Reason::no_credential};
    }
    if (decision->refusal()) {
        return Failure{*decision->refusal()};
    }
    if (decision->principal() == nullptr || !speaks_for(*decision, r)) {
        return Failure{Reason::no_credential};
    }
    return decision->principal();
}

} // namespace sallyport::ngx
