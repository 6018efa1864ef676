#include "ngx/endpoints/endpoint_request.hpp"

#include "auth/challenge.hpp"
#include "ngx/access/decision_for_variables.hpp"
#include "ngx/access/request_credential.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/runtime/request_body.hpp"
#include "ngx/sources/revocations.hpp"

namespace sallyport::ngx {

EndpointRequest::EndpointRequest(ngx_http_request_t* request)
    : r(request),
      policy(*policy_of(request)),
      body_(take_body(request)) {}

auth::BodyType EndpointRequest::body_type() const noexcept {
    const ngx_table_elt_t* const type = r->headers_in.content_type;
    return auth::body_type(type != nullptr ? view(type->value) : std::string_view());
}

std::optional<Reason> EndpointRequest::check_body() const noexcept {
    const bool known = body_type() == auth::BodyType::json || body_type() == auth::BodyType::form;
    return known ? std::nullopt : std::optional(Reason::content_type_unsupported);
}

Result<Secret, Reason> EndpointRequest::presented_token() const {
    if (const auto reason = check_body()) {
        return Failure{*reason};
    }
    return auth::read_token(body_type(), text(body_.view()));
}

Result<std::string_view, Reason> EndpointRequest::bearer_token() const {
    const auto credential = authorization_field(r);
    if (!credential) {
        return Failure{credential.error()};
    }
    if (!*credential || (*credential)->scheme == auth::TokenScheme::none) {
        return Failure{Reason::no_credential};
    }
    return (*credential)->text;
}

Result<auth::RefreshClaims, auth::RefusedToken>
EndpointRequest::refresh_claims(bool asks_grant) const {
    const auto refused = [](Reason reason) { return Failure<auth::RefusedToken>{{reason}}; };
    if (const auto reason = check_body()) {
        return refused(*reason);
    }
    const auto token = auth::read_refresh_token(body_type(), text(body_.view()), asks_grant);
    if (!token) {
        return refused(token.error());
    }
    return issuer().read_refresh(text(token->view()), ngx_time());
}

EndpointAnswer EndpointRequest::refuse(const char* event, Reason reason, const RefusalLog& about,
                                       std::vector<std::string> challenges) const {
    log_refusal(r, reason, about);
    note_refusal(r, reason, about.details);
    audit({.event = event, .who = about.who, .reason = describe(reason).name});
    EndpointAnswer answer = problem(r, reason, std::move(challenges), about.status);
    if (about.status != 0 && about.status == token_status(reason)) {
        answer.type = "application/json"; // OAuth clients read no error in another type
    }
    return answer;
}

int EndpointRequest::token_status(Reason reason) noexcept {
    return auth::is_about_proof(reason) ? NGX_HTTP_BAD_REQUEST : 0;
}

EndpointAnswer EndpointRequest::refuse_token(const char* event, Reason reason, const auth::Who& who,
                                             std::string details, std::string_view proof) const {
    return refuse(
        event, reason,
        {.status = token_status(reason), .proof = proof, .who = who, .details = std::move(details)},
        token_challenge(reason));
}

EndpointAnswer EndpointRequest::refuse_caller(Reason reason) const {
    return refuse("refused", reason, {}, challenges_of(r, policy, reason, std::nullopt));
}

std::vector<std::string> EndpointRequest::token_challenge(Reason reason,
                                                          auth::Method method) const {
    if (describe(reason).status != NGX_HTTP_UNAUTHORIZED || auth::is_about_proof(reason)) {
        return {};
    }
    return {auth::challenge(method, issuer().terms().issuer, reason, std::nullopt)};
}

std::optional<Reason> EndpointRequest::check_revocations(const auth::RevocableToken& token) const {
    if (policy.revocations == nullptr) {
        return std::nullopt;
    }
    return policy.revocations->check(token);
}

bool EndpointRequest::is_for_others(std::string_view tenant) const {
    if (policy.expected_tenant == nullptr) {
        return false;
    }
    const std::string_view expected = evaluate(r, policy.expected_tenant);
    return expected.empty() || expected != tenant;
}

Result<const auth::Principal*, Reason> caller_of(ngx_http_request_t* r) {
    const Decision* const decision = decision_for_variables(r);
    if (decision == nullptr || decision->pending()) {
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
