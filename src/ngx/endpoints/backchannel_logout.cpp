#include <utility>

#include "auth/logout_token.hpp"
#include "auth/revocation_table.hpp"
#include "auth/token_principal.hpp"
#include "ngx/access/token_rules.hpp"
#include "ngx/endpoints/revocation.hpp"
#include "ngx/sources/revocations.hpp"

namespace sallyport::ngx {
namespace {

// OpenID Connect Back-Channel Logout 1.0. The logout token is verified like an access token of the
// location.
class BackchannelLogout : public RevokingEndpoint {
  public:
    explicit BackchannelLogout(ngx_http_request_t* r)
        : RevokingEndpoint(r, "backchannel_logout", NGX_HTTP_OK) {}

  protected:
    Answer read() override {
        if (!rules_) {
            if (const auto reason = parse()) {
                return refused(*reason);
            }
        }
        const Verdict verdict =
            verify_signature(request_.r, *rules_, *presented_, waiter_, false, verified_);
        if (verdict.is_pending()) {
            return std::nullopt;
        }
        return verdict.refusal() ? refused(*verdict.refusal()) : revoke(*verified_);
    }

  private:
    std::optional<Reason> parse() {
        auto token = auth::read_logout_token(request_.body_type(), text(request_.body().view()));
        if (!token) {
            return token.error();
        }
        token_ = std::move(*token);
        auto presented = jwt::PresentedToken::parse(text(token_.view()));
        if (!presented) {
            return presented.error().reason;
        }
        presented_.emplace(std::move(*presented));
        auto rules = choose_rules(request_.policy, *presented_);
        if (!rules) {
            return rules.error();
        }
        rules_.emplace(*rules);
        return std::nullopt;
    }

    Answer revoke(const jwt::VerifiedToken& token) {
        jwt::TimeRules times = request_.policy.claim_times;
        times.validate_exp = true;
        times.require_exp = false;
        if (const auto reason =
                jwt::check_claims(token, times, *rules_->issuers, *rules_->audiences, ngx_time())) {
            return refused(*reason);
        }
        if (const auto fault = auth::logout_fault(token, ngx_time())) {
            return refused(Reason::logout_token_invalid, *fault);
        }
        const auto principal =
            auth::TokenPrincipal::of(token, request_.policy.principal_claims, rules_->tenant);
        if (!principal) {
            return refused(principal.error());
        }
        const auth::Principal& owner = (*principal)->principal();
        if (owner.tenant == auth::every_tenant) {
            return refused(Reason::logout_token_invalid, "its tenant is not the name of one");
        }
        const auth::RevocationEntry memory = auth::logout_memory(token);
        if (is_known(memory)) {
            return nothing();
        }
        const std::int64_t keep = own_worker().revocation_keep;
        return enter(auth::logout_entry(token, owner.tenant, ngx_time(), keep), memory,
                     {.tenant = std::string(owner.tenant),
                      .subject = std::string(owner.subject),
                      .kid = std::string(token.kid_of_key())});
    }

    // Providers repeat a request if its response was lost. An administrator may have taken back
    // what the first one revoked.
    [[nodiscard]] bool is_known(const auth::RevocationEntry& memory) const {
        return own_worker().revocations->check({.jti = memory.value, .issuer = *memory.issuer}) ==
               Reason::token_revoked;
    }

    Answer enter(const auth::RevocationEntry& entry, const auth::RevocationEntry& memory,
                 auth::Who who) {
        if (entry.kind == auth::RevocationKind::sid) {
            who.sid = entry.value;
        }
        return carry_out({.records = {record_of(entry, auth::RevocationSource::single),
                                      record_of(memory, auth::RevocationSource::single)},
                          .who = std::move(who)});
    }

    // Section 2.8: whatever is wrong with the request, the status is 400.
    [[nodiscard]] EndpointAnswer refused(Reason reason, std::string_view fault = {}) const {
        const bool is_wrong = describe(reason).status < NGX_HTTP_INTERNAL_SERVER_ERROR;
        return request_.refuse(
            "refused", reason,
            {.status = is_wrong ? NGX_HTTP_BAD_REQUEST : describe(reason).status,
             .fault = fault,
             .who = {.kid = std::string(kid())},
             .details = fault.empty() ? "" : "The fault: " + std::string(fault) + '.'});
    }

    [[nodiscard]] std::string_view kid() const noexcept {
        if (verified_) {
            return verified_->kid_of_key();
        }
        return presented_ ? presented_->kid().value_or("") : std::string_view();
    }

    Secret token_;
    std::optional<jwt::PresentedToken> presented_; // borrows it
    std::optional<TokenRules> rules_;
    std::optional<jwt::VerifiedToken> verified_;
};

} // namespace

std::unique_ptr<Endpoint> make_backchannel_logout(ngx_http_request_t* r) {
    return std::make_unique<BackchannelLogout>(r);
}

} // namespace sallyport::ngx
