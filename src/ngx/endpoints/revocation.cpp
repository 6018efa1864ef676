#include "ngx/endpoints/endpoint.hpp"
#include "ngx/runtime/audit_log.hpp"
#include "json/document.hpp"

namespace sallyport::ngx {
namespace {

using Kind = auth::StoreOutcome::Kind;

EndpointAnswer nothing(ngx_uint_t status) {
    EndpointAnswer answer;
    answer.status = status;
    answer.type = {};
    return answer;
}

// Whose it was, the store knows where the request names a session alone.
auth::AuditEvent ended_event(const char* event, const auth::RefreshClaims& claims,
                             const auth::Session& session) {
    const bool named = !claims.subject.empty();
    return {.event = event,
            .tenant = named ? claims.tenant : session.tenant,
            .subject = named ? claims.subject : session.subject,
            .sid = claims.sid,
            .jti = claims.jti,
            .kid = claims.kid};
}

using Claims = Result<auth::RefreshClaims, auth::RefusedRefresh>;

// An expired token may still end its session, which may have newer ones.
Claims expired_or_not(Claims claims) {
    if (!claims && claims.error().reason == Reason::refresh_expired) {
        return auth::RefreshClaims(claims.error().claims);
    }
    return claims;
}

// Ends sessions.
class Revocation : public Endpoint {
  public:
    Revocation(ngx_http_request_t* r, const char* event, ngx_uint_t status)
        : Endpoint(r),
          event_(event),
          status_(status) {}

  protected:
    // The session of a token.
    void end_session(auth::RefreshClaims claims) {
        auth::RevokeSession step{claims.sid, ngx_time()};
        end(std::move(step), std::move(claims));
    }

    // Those of a step, about which is known what the claims tell.
    void end(auth::StoreStep step, auth::RefreshClaims claims) {
        claims_ = std::move(claims);
        ask_store(std::move(step));
        if (const Audit later = request_.audit_later()) {
            store_call().on_abandoned(
                [later, claims = claims_, event = event_](const auth::StoreOutcome& outcome) {
                    if (outcome.kind == Kind::done) {
                        later(ended_event(event, claims, outcome.session));
                    }
                });
        }
    }

    // A session that has ended already, or is unknown, is no error (RFC 7009 section 2.2).
    Answer stored(const auth::StoreOutcome& outcome) override {
        if (outcome.kind == Kind::done) {
            request_.audit(ended_event(event_, claims_, outcome.session));
        }
        return nothing(status_);
    }

    EndpointAnswer store_failed() override {
        return request_.refuse_token("refused", {Reason::store_unavailable, claims_});
    }

    const char* event_;
    ngx_uint_t status_;
    auth::RefreshClaims claims_;
};

class Logout : public Revocation {
  public:
    explicit Logout(ngx_http_request_t* r) : Revocation(r, "logout", NGX_HTTP_NO_CONTENT) {}

  protected:
    Answer read() override {
        auto claims = request_.body().empty() ? bearer_claims()
                                              : expired_or_not(request_.refresh_claims(false));
        if (!claims) {
            return claims.error().reason == Reason::no_credential
                       ? nothing(status_)
                       : request_.refuse_token("refused", claims.error());
        }
        end_session(std::move(*claims));
        return std::nullopt;
    }

  private:
    // Without a body: those of an access or refresh token in the Authorization field.
    [[nodiscard]] Claims bearer_claims() const {
        const auto token = request_.bearer_token();
        if (!token) {
            return Failure<auth::RefusedRefresh>{{token.error()}};
        }
        auto claims = request_.issuer().read_access(*token);
        if (!claims) {
            auto refresh = expired_or_not(request_.issuer().read_refresh(*token, ngx_time()));
            return refresh ? std::move(refresh) : std::move(claims);
        }
        return claims;
    }
};

// RFC 7009
class Revoke : public Revocation {
  public:
    explicit Revoke(ngx_http_request_t* r) : Revocation(r, "revoked", NGX_HTTP_OK) {}

  protected:
    Answer read() override {
        const auto caller = caller_of(request_.r);
        if (!caller) {
            return request_.refuse_caller(caller.error());
        }
        auto asked = auth::read_revocation(request_.body_type(), text(request_.body().view()));
        if (!asked) {
            return request_.refuse_token("refused", {asked.error()});
        }
        return std::visit([&](auto& one) { return revoke(one, **caller); }, *asked);
    }

  private:
    Answer revoke(const Secret& token, const auth::Principal& caller) {
        auto claims =
            expired_or_not(request_.issuer().read_refresh(text(token.view()), ngx_time()));
        if (!claims) {
            // An access token of ours is the one other thing that may be meant.
            return is_access_token(text(token.view()), caller)
                       ? request_.refuse_token("refused", {Reason::token_unsupported,
                                                           {.kid = claims.error().claims.kid}})
                       : nothing(status_);
        }
        auth::RevokeSession step = step_of(caller, claims->sid);
        end(std::move(step), std::move(*claims));
        return std::nullopt;
    }

    Answer revoke(const auth::SessionId& session, const auth::Principal& caller) {
        end(step_of(caller, session.sid), {.sid = session.sid});
        return std::nullopt;
    }

    Answer revoke(const auth::SubjectSessions& asked, const auth::Principal& caller) {
        const std::string tenant = asked.tenant.value_or(std::string(caller.tenant));
        if (!reaches(caller, tenant)) {
            return nothing(status_);
        }
        end(auth::RevokeSubject{asked.subject, tenant, ngx_time()},
            {.subject = asked.subject, .tenant = tenant});
        return std::nullopt;
    }

    // The store compares the tenants: a session may have moved since its token was issued.
    static auth::RevokeSession step_of(const auth::Principal& caller, const std::string& sid) {
        auth::RevokeSession step{sid, ngx_time()};
        if (!caller.tenant.empty()) {
            step.tenant = caller.tenant;
        }
        return step;
    }

    // To others a tenant's tokens are as good as unknown.
    static bool reaches(const auth::Principal& caller, std::string_view tenant) noexcept {
        return caller.tenant.empty() || caller.tenant == tenant;
    }

    [[nodiscard]] bool is_access_token(std::string_view compact,
                                       const auth::Principal& caller) const {
        const auto token = request_.issuer().verify_access(compact);
        return token &&
               reaches(caller,
                       json::string(json::member(token->payload(), "tenant_id")).value_or(""));
    }
};

} // namespace

std::unique_ptr<Endpoint> make_logout(ngx_http_request_t* r) {
    return std::make_unique<Logout>(r);
}

std::unique_ptr<Endpoint> make_revoke(ngx_http_request_t* r) {
    return std::make_unique<Revoke>(r);
}

} // namespace sallyport::ngx
