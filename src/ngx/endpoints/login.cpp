#include "auth/challenge.hpp"
#include "base/text.hpp"
#include "ngx/access/account_check.hpp"
#include "ngx/access/request_credential.hpp"
#include "ngx/endpoints/endpoint.hpp"
#include "ngx/endpoints/holder_proof.hpp"
#include "ngx/endpoints/token_claims.hpp"
#include "ngx/runtime/metrics.hpp"

namespace sallyport::ngx {

namespace {

using auth::Method;

// How users recognize a session in the list of theirs.
std::string client_of(const ngx_http_request_t* r) {
    constexpr std::size_t limit = 200;
    const ngx_table_elt_t* const field = r->headers_in.user_agent;
    return field != nullptr ? log_safe(view(field->value), limit) : std::string();
}

class Login : public Endpoint {
  public:
    using Endpoint::Endpoint;

  protected:
    ngx_int_t wait() noexcept override {
        return account_ && account_->is_lookup_running() ? NGX_AGAIN : Endpoint::wait();
    }

    Answer read() override {
        if (!account_) {
            if (const auto reason = read_credential()) {
                return refused(*reason);
            }
            if (const auto reason = proof_.check(request_.r, request_.policy, std::nullopt)) {
                return refused(*reason);
            }
        }
        Verdict verdict = is_authenticated_ ? Verdict::authenticated() : authenticate();
        is_authenticated_ = !verdict.is_pending() && !verdict.refusal();
        if (is_authenticated_) {
            verdict = proof_.use(request_.r, waiter_);
        }
        if (verdict.is_pending()) {
            return std::nullopt;
        }
        if (verdict.refusal()) {
            return refused(*verdict.refusal());
        }
        auth::BeginSession step =
            request_.issuer().begin(*account_->principal(), ngx_time(), account_->expires());
        step.session.client = client_of(request_.r);
        audit_session("login", step.session);
        ask_store(std::move(step));
        return std::nullopt;
    }

    Answer stored(const auth::StoreOutcome& outcome) override {
        sign(outcome, std::move(details_));
        return std::nullopt;
    }

    EndpointAnswer store_failed() override { return refused(Reason::store_unavailable); }

    void issued() override {
        count(request_.r, method_ == Method::api_key ? metrics::Count::issued_api_key
                                                     : metrics::Count::issued_password);
        const auth::StoreOutcome& outcome = **store_call().outcome();
        audit_session("token_issued", outcome.session, outcome.token.jti);
    }

  private:
    // Everything but the proof. Pending if the waiter waits for the check of the credential.
    Verdict authenticate() {
        Verdict verdict = account_->authenticate(request_.r);
        if (verdict.is_pending()) {
            const auto reason = account_->start_waiting(request_.r, waiter_);
            return reason ? Verdict::refused(*reason) : verdict;
        }
        if (const auto reason = verdict.refusal() ? verdict.refusal() : check_account()) {
            return Verdict::refused(*reason);
        }
        auto token_claims = ngx::token_claims(request_.r, request_.policy);
        if (!token_claims) {
            return Verdict::refused(token_claims.error());
        }
        details_ = {account_->entry(), std::move(*token_claims), proof_.key()};
        return Verdict::authenticated();
    }

    // Why nobody gets tokens for the account, although its credential is valid.
    [[nodiscard]] std::optional<Reason> check_account() const {
        const auth::Principal& principal = *account_->principal();
        if (client_ && *client_ != principal.subject) {
            return Reason::credential_invalid;
        }
        if (request_.is_for_others(principal.tenant)) {
            return Reason::tenant_mismatch;
        }
        // A user name of an htpasswd file that tokens cannot hold.
        return auth::TokenIssuer::can_name(principal) ? std::nullopt
                                                      : std::optional(Reason::credential_forbidden);
    }

    // Reads the credential from the header or the body.
    std::optional<Reason> read_credential() {
        const RequestCredential header = request_credential(request_.r, request_.policy);
        if (!header) {
            return header.error();
        }
        if (request_.body().empty()) {
            if (!*header) {
                return Reason::no_credential;
            }
            method_ = (*header)->method;
            account_.emplace(request_.policy, **header);
            return std::nullopt;
        }
        in_body_ = true;
        auto login = auth::read_login(request_.body_type(), text(request_.body().view()));
        if (!login) {
            return login.error();
        }
        return login->is_client ? take_client(std::move(*login), *header)
                                : take_user(*login, *header);
    }

    std::optional<Reason> take_user(const auth::LoginBody& login,
                                    const std::optional<auth::Credential>& header) {
        if (header) {
            return Reason::ambiguous_credential;
        }
        if (!request_.policy.rules(Method::password).on) {
            return Reason::no_credential;
        }
        method_ = Method::password;
        account_.emplace(request_.policy,
                         auth::UserPassword::of(login.name, text(login.secret->view())));
        return std::nullopt;
    }

    // RFC 6749 section 4.4: a client sends its key in the body or as the password of Basic, but not
    // in both.
    std::optional<Reason> take_client(auth::LoginBody login,
                                      const std::optional<auth::Credential>& header) {
        if (!request_.policy.rules(Method::api_key).on) {
            return Reason::grant_unsupported;
        }
        const auto field = authorization_field(request_.r);
        if (!field) {
            return field.error();
        }
        by_basic_ = *field && (*field)->method == Method::password;
        if ((by_basic_ && login.secret) ||
            (header && (!by_basic_ || header->method != Method::password))) {
            return Reason::ambiguous_credential;
        }
        method_ = Method::api_key;
        if (by_basic_) {
            auto basic = auth::read_client((*field)->text);
            if (!basic) {
                return basic.error();
            }
            login = std::move(*basic);
        }
        if (!login.secret) {
            return Reason::no_credential;
        }
        client_ = std::move(login.name);
        key_ = std::move(*login.secret);
        account_.emplace(request_.policy, auth::Credential{Method::api_key, text(key_.view())});
        return std::nullopt;
    }

    EndpointAnswer refused(Reason reason) {
        RefusalLog about{.status = EndpointRequest::token_status(reason),
                         .proof = proof_.fault(),
                         .details = proof_.explanation()};
        about.method = method_ ? name(*method_) : std::string_view();
        if (const auth::Principal* const principal = account_ ? account_->principal() : nullptr) {
            about.who.tenant = principal->tenant;
            about.who.subject = principal->subject;
        }
        return request_.refuse("login_refused", reason, about, challenges(reason));
    }

    // A page that sends a body has its own form: a Basic challenge would open the browser's dialog
    // as well. A client that used Basic expects the challenge (RFC 6749 section 5.2).
    [[nodiscard]] std::vector<std::string> challenges(Reason reason) const {
        if (auth::is_about_proof(reason)) {
            return {};
        }
        if (!in_body_) {
            return challenges_of(request_.r, request_.policy, reason, method_);
        }
        return request_.token_challenge(reason, by_basic_ ? Method::password : Method::jwt);
    }

    void audit_session(const char* event, const auth::Session& session, std::string jti = {}) {
        auth::Who who{session.tenant, session.subject, session.sid, std::move(jti)};
        if (!who.jti.empty()) {
            who.kid = request_.issuer().refresh_kid();
        }
        request_.audit({.event = event, .who = std::move(who)});
    }

    std::optional<AccountCheck> account_;
    HolderProof proof_;
    bool is_authenticated_ = false;
    auth::TokenDetails details_;
    std::optional<Method> method_;
    bool in_body_ = false;
    bool by_basic_ = false; // the client sent its key as a Basic password
    std::optional<std::string> client_;
    Secret key_; // the client's key; account_ borrows it
};

} // namespace

std::unique_ptr<Endpoint> make_login(ngx_http_request_t* r) {
    return std::make_unique<Login>(r);
}

} // namespace sallyport::ngx
