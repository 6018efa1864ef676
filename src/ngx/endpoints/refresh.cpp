#include "ngx/access/session_account.hpp"
#include "ngx/endpoints/issuing.hpp"
#include "ngx/runtime/audit_log.hpp"

namespace sallyport::ngx {
namespace {

using Kind = auth::StoreOutcome::Kind;

// What is said of an outcome, and why there are no tokens, if so.
struct Meaning {
    const char* event;
    std::optional<Reason> refusal;
};

Meaning meaning(Kind kind) noexcept {
    switch (kind) {
    case Kind::done:
        return {"token_rotated", {}};
    case Kind::repeated:
        return {"token_repeated", {}};
    case Kind::reused:
        return {"token_reused", Reason::refresh_reused};
    case Kind::revoked:
        return {"refresh_refused", Reason::refresh_revoked};
    case Kind::expired:
        return {"refresh_refused", Reason::refresh_expired};
    default:
        return {"refresh_refused", Reason::refresh_unknown};
    }
}

const Meaning account_is_gone{"refresh_refused", Reason::account_invalid};

auth::AuditEvent rotation(const char* event, const auth::RefreshClaims& claims,
                          const auth::StoreOutcome& outcome) {
    return {.event = event,
            .tenant = outcome.session.tenant,
            .subject = outcome.session.subject,
            .sid = outcome.session.sid,
            .jti = claims.jti,
            .kid = claims.kid,
            .replaced_by = outcome.token.jti};
}

class Refresh : public IssuingEndpoint {
  public:
    using IssuingEndpoint::IssuingEndpoint;

    Answer advance() override {
        if (store_call() == nullptr) {
            return read();
        }
        const auto& outcome = store_call()->outcome();
        if (!outcome) {
            return std::nullopt;
        }
        if (!*outcome) {
            return refuse_token("refresh_refused", {Reason::store_unavailable, claims_});
        }
        if (is_ending_) {
            return refuse_token("refresh_refused", {Reason::account_invalid, claims_});
        }
        return judge(**outcome);
    }

  private:
    Answer read() {
        auto claims = body().empty() ? bearer_claims() : refresh_claims(true);
        if (!claims) {
            return refuse_token("refresh_refused", claims.error());
        }
        claims_ = std::move(*claims);
        if (!issuer().may_refresh(claims_)) {
            return refuse_token("refresh_refused", {Reason::audience_mismatch, claims_});
        }
        if (const auto reason = read_claims()) {
            return refuse_token("refresh_refused", {*reason, claims_});
        }
        set_account(claims_.account);
        const auto account = session_account(r_, policy_, claims_.account);
        if (account && !holds(*account)) {
            is_ending_ = true;
            ask_store(auth::RevokeSession{claims_.sid, ngx_time()});
        } else if (is_for_others(account ? (*account)->principal().tenant
                                         : std::string_view(claims_.tenant))) {
            return refuse_token("refresh_refused", {Reason::tenant_mismatch, claims_});
        } else {
            ask_store(rotation_for(account ? account->get() : nullptr));
        }
        have_it_audited();
        return std::nullopt;
    }

    // Without a body: those of a token in the Authorization field.
    [[nodiscard]] Result<auth::RefreshClaims, auth::RefusedRefresh> bearer_claims() const {
        const auto token = bearer_token();
        if (token) {
            return issuer().read_refresh(*token, ngx_time());
        }
        if (token.error() == Reason::no_credential) {
            return refresh_claims(true);
        }
        return Failure<auth::RefusedRefresh>{{token.error()}};
    }

    // A name that was given to somebody else is no longer that of the session.
    [[nodiscard]] bool holds(const auth::SharedAccount& account) const {
        return account && account->principal().subject == claims_.subject &&
               !account->judge_time(ngx_time());
    }

    [[nodiscard]] auth::RotateToken rotation_for(const auth::Account* account) const {
        return account != nullptr
                   ? issuer().rotate(claims_, ngx_time(), account->principal(), account->expires())
                   : issuer().rotate(claims_, ngx_time());
    }

    // Who holds a token that was used by others may have an interest in not hearing of it.
    void have_it_audited() {
        const Audit later = audit_later(r_, policy_.audit_log);
        if (!later) {
            return;
        }
        store_call()->if_unheard(
            [later, claims = claims_, ending = is_ending_](const auth::StoreOutcome& outcome) {
                const auto [event, refusal] = ending ? account_is_gone : meaning(outcome.kind);
                later(refusal ? refused_event(event, {*refusal, claims})
                              : rotation(event, claims, outcome));
            });
    }

    Answer judge(const auth::StoreOutcome& outcome) {
        const auto [event, refusal] = meaning(outcome.kind);
        if (refusal) {
            return refuse_token(event, {*refusal, claims_});
        }
        // Once: the token is spent, whatever becomes of the answer.
        if (!std::exchange(noted_, true)) {
            audit(r_, policy_.audit_log, rotation(event, claims_, outcome));
        }
        return issue(outcome);
    }

    auth::RefreshClaims claims_;
    bool is_ending_ = false; // the session, since its account is gone
    bool noted_ = false;
};

} // namespace

std::unique_ptr<Endpoint> make_refresh(ngx_http_request_t* r) {
    return std::make_unique<Refresh>(r);
}

} // namespace sallyport::ngx
