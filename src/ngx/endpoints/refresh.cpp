#include "auth/challenge.hpp"
#include "base/time_text.hpp"
#include "ngx/access/session_account.hpp"
#include "ngx/endpoints/holder_proof.hpp"
#include "ngx/endpoints/revocation.hpp"
#include "ngx/endpoints/token_claims.hpp"
#include "ngx/runtime/metrics.hpp"
#include "json/document.hpp"

namespace sallyport::ngx {
namespace {

using Kind = auth::StoreOutcome::Kind;

// The audit event of an outcome, and the refusal unless tokens are issued.
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

metrics::Count result(std::optional<Reason> refusal, Kind kind) noexcept {
    using metrics::Count;
    if (!refusal) {
        return kind == Kind::repeated ? Count::refresh_repeated : Count::refresh_rotated;
    }
    switch (*refusal) {
    case Reason::refresh_reused:
        return Count::refresh_reused;
    case Reason::refresh_revoked:
    case Reason::account_invalid:
        return Count::refresh_revoked;
    case Reason::refresh_expired:
        return Count::refresh_expired;
    case Reason::refresh_unknown:
        return Count::refresh_unknown;
    default:
        return describe(*refusal).status >= NGX_HTTP_INTERNAL_SERVER_ERROR ? Count::refresh_error
                                                                           : Count::refresh_invalid;
    }
}

// The access tokens of such a session are revoked, again if the store failed before.
bool is_over(Kind kind) noexcept {
    return kind == Kind::reused || kind == Kind::revoked;
}

const Meaning account_is_gone{"refresh_refused", Reason::account_invalid};

auth::AuditEvent rotation(const char* event, const auth::Who& who,
                          const auth::StoreOutcome& outcome) {
    return {.event = event,
            .who = {outcome.session.tenant, outcome.session.subject, outcome.session.sid, who.jti,
                    who.kid},
            .replaced_by = outcome.token.jti};
}

class Refresh : public Endpoint {
  public:
    using Endpoint::Endpoint;

  protected:
    Answer read() override {
        auto claims = request_.body().empty() ? bearer_claims() : request_.refresh_claims(true);
        if (!claims) {
            return refused("refresh_refused", claims.error().reason, claims.error().who);
        }
        claims_ = std::move(*claims);
        if (const auto reason = check_token()) {
            return refused("refresh_refused", *reason, claims_.who);
        }
        auto token_claims = ngx::token_claims(request_.r, request_.policy);
        if (!token_claims) {
            return refused("refresh_refused", token_claims.error(), claims_.who);
        }
        details_ = {claims_.account, std::move(*token_claims), proof_.key()};
        const auto account = session_account(request_.r, request_.policy, claims_.account);
        if (account && !holds(*account)) {
            is_ending_ = true;
            ask_store(auth::RevokeSession{claims_.who.sid, ngx_time()});
        } else if (request_.is_for_others(account ? (*account)->principal().tenant
                                                  : std::string_view(claims_.who.tenant))) {
            return refused("refresh_refused", Reason::tenant_mismatch, claims_.who);
        } else {
            const Verdict use = proof_.use(request_.r, waiter_);
            if (use.is_pending()) {
                return std::nullopt;
            }
            if (use.refusal()) {
                return refused("refresh_refused", *use.refusal(), claims_.who);
            }
            ask_store(rotation_for(account ? account->get() : nullptr));
        }
        have_it_audited();
        return std::nullopt;
    }

    Answer stored(const auth::StoreOutcome& outcome) override {
        const auto [event, refusal] = is_ending_ ? account_is_gone : meaning(outcome.kind);
        if (is_ending_ || is_over(outcome.kind)) {
            revoke_access_tokens(claims_.who.sid);
        }
        if (refusal) {
            return refused(event, *refusal, claims_.who);
        }
        // A revocation may have come while the store was asked.
        if (const auto reason = revocation()) {
            return refused("refresh_refused", *reason, claims_.who);
        }
        count(request_.r, result({}, outcome.kind));
        // Before the tokens are signed: the old one is spent, even if signing fails.
        request_.audit(rotation(event, claims_.who, outcome));
        sign(outcome, std::move(details_));
        return std::nullopt;
    }

    EndpointAnswer store_failed() override {
        return refused("refresh_refused", Reason::store_unavailable, claims_.who);
    }

    void issued() override { count(request_.r, metrics::Count::issued_refresh_token); }

  private:
    EndpointAnswer refused(const char* event, Reason reason, const auth::Who& who) {
        count(request_.r, result(reason, {}));
        const bool about_proof = auth::is_about_proof(reason);
        return request_.refuse_token(
            event, reason, who, about_proof ? proof_.explanation() : token_times(), proof_.fault());
    }

    // Why the token cannot be exchanged here, as far as that is known without its account.
    [[nodiscard]] std::optional<Reason> check_token() {
        if (const auto reason = proof_.check(request_.r, request_.policy, claims_.key)) {
            return reason;
        }
        return request_.issuer().may_refresh(claims_) ? revocation()
                                                      : std::optional(Reason::audience_mismatch);
    }

    [[nodiscard]] std::optional<Reason> revocation() const {
        const auto reason = request_.check_revocations(revocable(claims_, request_.issuer()));
        return reason == Reason::token_revoked ? Reason::refresh_revoked : reason;
    }

    // Of a verified token, for an explanation.
    [[nodiscard]] std::string token_times() const {
        constexpr json::Limits limits{auth::max_endpoint_body, 8};
        const json::Document claims = json::parse_document(claims_.payload, limits);
        std::string text;
        for (const char* const name : {"iat", "exp"}) {
            const json::Element* const time = json::member(claims.root(), name);
            if (json::is(time, json::Element::Kind::integer)) {
                text += (text.empty() ? "" : " ") + std::string(name) + " is " +
                        time_text(static_cast<double>(time->integer()), ngx_time()) + '.';
            }
        }
        return text;
    }

    // For a request without a body: the claims of the token in the Authorization field.
    [[nodiscard]] Result<auth::RefreshClaims, auth::RefusedToken> bearer_claims() const {
        const auto token = request_.bearer_token();
        if (token) {
            return request_.issuer().read_refresh(*token, ngx_time());
        }
        if (token.error() == Reason::no_credential) {
            return request_.refresh_claims(true);
        }
        return Failure<auth::RefusedToken>{{token.error()}};
    }

    // An entry whose subject has changed belongs to somebody else, not to this session.
    [[nodiscard]] bool holds(const auth::SharedAccount& account) const {
        return account && account->principal().subject == claims_.who.subject &&
               !account->check_time(ngx_time());
    }

    [[nodiscard]] auth::RotateToken rotation_for(const auth::Account* account) const {
        return account != nullptr
                   ? request_.issuer().rotate(claims_, ngx_time(), account->principal(),
                                              account->expires())
                   : request_.issuer().rotate(claims_, ngx_time());
    }

    // A client that replays a stolen token may disconnect to avoid the audit record and the
    // revocation of the session; do both anyway.
    void have_it_audited() {
        const Audit later = request_.audit_later();
        store_call().on_abandoned(
            [later, who = claims_.who, ending = is_ending_](const auth::StoreOutcome& outcome) {
                const auto [event, refusal] = ending ? account_is_gone : meaning(outcome.kind);
                count(result(refusal, outcome.kind));
                if (ending || is_over(outcome.kind)) {
                    revoke_access_tokens(who.sid);
                }
                if (!later) {
                    return;
                }
                later(refusal ? auth::AuditEvent{.event = event,
                                                 .who = who,
                                                 .reason = describe(*refusal).name}
                              : rotation(event, who, outcome));
            });
    }

    auth::RefreshClaims claims_;
    HolderProof proof_;
    bool is_ending_ = false; // the account no longer exists, so the session ends
    auth::TokenDetails details_;
};

} // namespace

std::unique_ptr<Endpoint> make_refresh(ngx_http_request_t* r) {
    return std::make_unique<Refresh>(r);
}

} // namespace sallyport::ngx
