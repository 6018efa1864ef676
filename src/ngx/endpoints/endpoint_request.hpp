#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/audit.hpp"
#include "auth/revocable_token.hpp"
#include "auth/token_request.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/refusal.hpp"
#include "ngx/endpoints/answer.hpp"

namespace sallyport::ngx {

// A request to an endpoint whose body has been read and is not too large: reads its credentials,
// and refuses it.
class EndpointRequest {
  public:
    // Takes the body out of nginx's memory.
    explicit EndpointRequest(ngx_http_request_t* request);

    [[nodiscard]] const auth::TokenIssuer& issuer() const noexcept { return *policy.tokens; }
    [[nodiscard]] const Secret& body() const noexcept { return body_; }
    [[nodiscard]] auth::BodyType body_type() const noexcept;
    // The token in the body: any text, not verified.
    [[nodiscard]] Result<Secret, Reason> presented_token() const;
    // The text of a Bearer or DPoP credential in the Authorization field; otherwise no_credential.
    [[nodiscard]] Result<std::string_view, Reason> bearer_token() const;
    // The claims of the refresh token in the body, or why it is not one of ours.
    [[nodiscard]] Result<auth::RefreshClaims, auth::RefusedToken>
    refresh_claims(bool asks_grant) const;
    // Whether a token of ours was revoked, if the location checks that.
    [[nodiscard]] std::optional<Reason> check_revocations(const auth::RevocableToken& token) const;
    // Whether the location is restricted to a tenant other than this one.
    [[nodiscard]] bool is_for_others(std::string_view tenant) const;

    void audit(const auth::AuditEvent& event) const { ngx::audit(r, policy.audit_log, event); }
    // For records written after the request may have ended. Empty without an audit log.
    [[nodiscard]] Audit audit_later() const { return ngx::audit_later(r, policy.audit_log); }

    // Logs a refusal, writes it to the audit log as `event`, and makes its answer.
    EndpointAnswer refuse(const char* event, Reason reason, const RefusalLog& about,
                          std::vector<std::string> challenges = {}) const;
    // The same for a token of ours.
    EndpointAnswer refuse_token(const char* event, Reason reason, const auth::Who& who = {},
                                std::string details = {}, std::string_view proof = {}) const;
    // The status for a refused request for tokens; 0: the reason's. Faults of proofs are errors of
    // RFC 6749 section 5.2 there (RFC 9449 sections 5 and 8).
    static int token_status(Reason reason) noexcept;
    // The same for a caller without the right to call the endpoint.
    EndpointAnswer refuse_caller(Reason reason) const;
    // The challenge for a refused token, or a refused credential in a body.
    [[nodiscard]] std::vector<std::string>
    token_challenge(Reason reason, auth::Method method = auth::Method::jwt) const;

    ngx_http_request_t* const r;
    const Policy& policy;

  private:
    [[nodiscard]] std::optional<Reason> check_body() const noexcept;

    Secret body_;
};

// Who calls a guarded endpoint, or why they may not. Borrowed from the request's decision.
Result<const auth::Principal*, Reason> caller_of(ngx_http_request_t* r);

} // namespace sallyport::ngx
