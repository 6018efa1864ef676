#pragma once

#include <memory>
#include <optional>

#include "auth/audit.hpp"
#include "auth/token_request.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/refusal.hpp"
#include "ngx/endpoints/answer.hpp"
#include "ngx/endpoints/store_queue.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// The content handler of auth_endpoint.
ngx_int_t endpoint_handler(ngx_http_request_t* r) noexcept;

// What is wrong with a location that has another one as well.
constexpr const char* has_rival =
    "has a directive beside it that answers in its place, such as proxy_pass or empty_gif";

// One request to an endpoint, its body read and not too large. Lives in the request's pool.
class Endpoint {
  public:
    explicit Endpoint(ngx_http_request_t* r);
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;
    virtual ~Endpoint() = default;

    // The answer, or nothing while something is awaited. Called again whenever there is news, and
    // perhaps when there is none.
    virtual std::optional<EndpointAnswer> advance() = 0;
    // After that, when there was no answer: an error, or NGX_AGAIN.
    virtual ngx_int_t wait() noexcept { return waiter_.suspend(); }
    // It has its answer, and no news may reach it while that is being sent.
    void leave() noexcept { waiter_.leave(); }

  protected:
    using Answer = std::optional<EndpointAnswer>;

    [[nodiscard]] const auth::TokenIssuer& issuer() const noexcept { return *policy_.tokens; }
    [[nodiscard]] const Secret& body() const noexcept { return body_; }
    [[nodiscard]] auth::BodyType body_type() const noexcept;
    // The token in the body, which may be any text.
    [[nodiscard]] Result<Secret, Reason> presented_token() const;
    // The text of a Bearer credential in the Authorization field; otherwise no_credential.
    [[nodiscard]] Result<std::string_view, Reason> bearer_token() const;
    // The refresh token in the body: its claims, or the answer to what is none of ours.
    [[nodiscard]] Result<auth::RefreshClaims, auth::RefusedRefresh>
    refresh_claims(bool asks_grant) const;
    // Has the store do a step; wait for store_call() to have an outcome.
    void ask_store(auth::StoreStep step);
    [[nodiscard]] StoreCall* store_call() const noexcept { return store_call_.get(); }

    // Logs a refusal, writes it to the audit log as `event`, and makes its answer.
    EndpointAnswer refuse(const char* event, Reason reason, const RefusalLog& about,
                          std::vector<std::string> challenges = {});
    // The same of a refresh token.
    EndpointAnswer refuse_token(const char* event, const auth::RefusedRefresh& refused);
    // What the audit log says of it.
    static auth::AuditEvent refused_event(const char* event, const auth::RefusedRefresh& refused);
    // Of a caller who may not.
    EndpointAnswer refuse_caller(Reason reason);
    // A challenge for those whose tokens, or credentials in a body, are refused.
    [[nodiscard]] std::vector<std::string>
    token_challenge(Reason reason, auth::Method method = auth::Method::jwt) const;
    // The place is for the principals of one tenant, and this is another.
    [[nodiscard]] bool is_for_others(std::string_view tenant) const;

    ngx_http_request_t* r_;
    const Policy& policy_;
    Waiter waiter_;

  private:
    [[nodiscard]] std::optional<Reason> check_body() const noexcept;

    Secret body_;
    std::shared_ptr<StoreCall> store_call_;
};

// The endpoints, by their kind. Those that have no body to read answer at once.
std::unique_ptr<Endpoint> make_login(ngx_http_request_t* r);
std::unique_ptr<Endpoint> make_refresh(ngx_http_request_t* r);
std::unique_ptr<Endpoint> make_logout(ngx_http_request_t* r);
std::unique_ptr<Endpoint> make_revoke(ngx_http_request_t* r);
std::unique_ptr<Endpoint> make_introspect(ngx_http_request_t* r);
EndpointAnswer answer_me(ngx_http_request_t* r);
EndpointAnswer answer_jwks(ngx_http_request_t* r);

// Who asks a guarded endpoint, or why he may not. Borrowed from the request's decision.
Result<const auth::Principal*, Reason> caller_of(ngx_http_request_t* r);

} // namespace sallyport::ngx
