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

// A request that names only a session leaves its owner to the store.
auth::AuditEvent ended_event(const char* event, auth::Who who, const auth::Session& session) {
    if (who.subject.empty()) {
        who.tenant = session.tenant;
        who.subject = session.subject;
    }
    return {.event = event, .who = std::move(who)};
}

using Owner = Result<auth::Who, auth::RefusedToken>;

// An expired token may still end its session, which may have newer ones.
Owner owner_of(const Result<auth::RefreshClaims, auth::RefusedToken>& claims) {
    if (claims) {
        return claims->who;
    }
    if (claims.error().reason == Reason::refresh_expired) {
        return claims.error().who;
    }
    return Failure{claims.error()};
}

// Ends sessions.
class Revocation : public Endpoint {
  public:
    Revocation(ngx_http_request_t* r, const char* event, ngx_uint_t status)
        : Endpoint(r),
          event_(event),
          status_(status) {}

  protected:
    // Has the store end sessions; `who` is what the request says about them.
    void end(auth::StoreStep step, auth::Who who) {
        who_ = std::move(who);
        ask_store(std::move(step));
        if (const Audit later = request_.audit_later()) {
            store_call().on_abandoned(
                [later, who = who_, event = event_](const auth::StoreOutcome& outcome) {
                    if (outcome.kind == Kind::done) {
                        later(ended_event(event, who, outcome.session));
                    }
                });
        }
    }

    // A session that has ended already, or is unknown, is no error (RFC 7009 section 2.2).
    Answer stored(const auth::StoreOutcome& outcome) override {
        if (outcome.kind == Kind::done) {
            request_.audit(ended_event(event_, who_, outcome.session));
        }
        return nothing(status_);
    }

    EndpointAnswer store_failed() override {
        return request_.refuse_token("refused", Reason::store_unavailable, who_);
    }

    const char* event_;
    ngx_uint_t status_;
    auth::Who who_;
};

class Logout : public Revocation {
  public:
    explicit Logout(ngx_http_request_t* r) : Revocation(r, "logout", NGX_HTTP_NO_CONTENT) {}

  protected:
    Answer read() override {
        const Owner owner =
            request_.body().empty() ? bearer() : owner_of(request_.refresh_claims(false));
        if (owner) {
            end(auth::RevokeSession{owner->sid, ngx_time()}, *owner);
            return std::nullopt;
        }
        const auto& [reason, who] = owner.error();
        return reason == Reason::no_credential ? nothing(status_)
                                               : request_.refuse_token("refused", reason, who);
    }

  private:
    // For a request without a body: the owner of the token in the Authorization field.
    [[nodiscard]] Owner bearer() const {
        const auto token = request_.bearer_token();
        if (!token) {
            return Failure<auth::RefusedToken>{{token.error()}};
        }
        Owner access = request_.issuer().read_access(*token);
        if (access) {
            return access;
        }
        Owner refresh = owner_of(request_.issuer().read_refresh(*token, ngx_time()));
        return refresh ? refresh : access;
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
            return request_.refuse_token("refused", asked.error());
        }
        return std::visit([&](auto& one) { return revoke(one, **caller); }, *asked);
    }

  private:
    Answer revoke(const Secret& token, const auth::Principal& caller) {
        const std::string_view compact = text(token.view());
        const Owner owner = owner_of(request_.issuer().read_refresh(compact, ngx_time()));
        if (owner) {
            end(step_of(caller, owner->sid), *owner);
            return std::nullopt;
        }
        // Access tokens that we issued cannot be revoked; every other text is unknown.
        return is_access_token(compact, caller)
                   ? request_.refuse_token("refused", Reason::token_unsupported,
                                           {.kid = owner.error().who.kid})
                   : nothing(status_);
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
            {.tenant = tenant, .subject = asked.subject});
        return std::nullopt;
    }

    // The store compares the tenants: the session's may have changed since the token was issued.
    static auth::RevokeSession step_of(const auth::Principal& caller, const std::string& sid) {
        auth::RevokeSession step{sid, ngx_time()};
        if (!caller.tenant.empty()) {
            step.tenant = caller.tenant;
        }
        return step;
    }

    // Callers of another tenant get the same answer as for an unknown token.
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
