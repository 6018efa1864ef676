#include "ngx/audit_log.hpp"
#include "ngx/issuing_endpoint.hpp"

namespace sallyport::ngx {
namespace {

using Kind = auth::StoreOutcome::Kind;

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
        return judge(**outcome);
    }

  private:
    Answer read() {
        auto claims = refresh_claims(true);
        if (!claims) {
            return refuse_token("refresh_refused", claims.error());
        }
        claims_ = std::move(*claims);
        if (is_for_others(claims_.tenant)) {
            return refuse_token("refresh_refused", {Reason::tenant_mismatch, claims_});
        }
        ask_store(issuer().rotate(claims_, ngx_time()));
        return std::nullopt;
    }

    Answer judge(const auth::StoreOutcome& outcome) {
        switch (outcome.kind) {
        case Kind::done:
            note("token_rotated", outcome);
            return issue(outcome);
        case Kind::repeated:
            note("token_repeated", outcome);
            return issue(outcome);
        case Kind::reused:
            return refuse_token("token_reused", {Reason::refresh_reused, claims_});
        case Kind::revoked:
            return refuse_token("refresh_refused", {Reason::refresh_revoked, claims_});
        case Kind::expired:
            return refuse_token("refresh_refused", {Reason::refresh_expired, claims_});
        default:
            return refuse_token("refresh_refused", {Reason::refresh_unknown, claims_});
        }
    }

    // Once: the token is spent, whatever becomes of the answer.
    void note(const char* event, const auth::StoreOutcome& outcome) {
        if (std::exchange(noted_, true)) {
            return;
        }
        audit(r_, policy_,
              {.event = event,
               .tenant = outcome.session.tenant,
               .subject = outcome.session.subject,
               .sid = outcome.session.sid,
               .jti = claims_.jti,
               .kid = claims_.kid,
               .replaced_by = outcome.token.jti});
    }

    auth::RefreshClaims claims_;
    bool noted_ = false;
};

} // namespace

std::unique_ptr<Endpoint> make_refresh(ngx_http_request_t* r) {
    return std::make_unique<Refresh>(r);
}

} // namespace sallyport::ngx
