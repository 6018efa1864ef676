#include "ngx/access/account_check.hpp"
#include "ngx/access/request_credential.hpp"
#include "ngx/endpoints/issuing.hpp"
#include "ngx/runtime/audit_log.hpp"

namespace sallyport::ngx {

namespace {

using auth::Method;

class Login : public IssuingEndpoint {
  public:
    using IssuingEndpoint::IssuingEndpoint;

    Answer advance() override {
        if (store_call() == nullptr) {
            return prove();
        }
        const auto& outcome = store_call()->outcome();
        if (!outcome) {
            return std::nullopt;
        }
        if (!*outcome) {
            return refused(Reason::store_unavailable);
        }
        Answer answer = issue(**outcome);
        if (answer && answer->status == NGX_HTTP_OK) {
            audit_session("token_issued", **outcome);
        }
        return answer;
    }

    ngx_int_t wait() noexcept override {
        return account_ && account_->is_lookup_running() ? NGX_AGAIN : IssuingEndpoint::wait();
    }

  private:
    Answer prove() {
        if (!account_) {
            if (const auto reason = read()) {
                return refused(*reason);
            }
        }
        Verdict verdict = account_->judge(r_);
        if (verdict.is_undecided()) {
            const auto reason = account_->ask(r_, waiter_);
            if (!reason) {
                return std::nullopt;
            }
            verdict = Verdict::refused(*reason);
        }
        if (verdict.refusal()) {
            return refused(*verdict.refusal());
        }
        if (client_ && *client_ != account_->principal()->subject) {
            return refused(Reason::credential_invalid);
        }
        if (is_for_others(account_->principal()->tenant)) {
            return refused(Reason::tenant_mismatch);
        }
        // A user of an htpasswd file; he would have a session and no tokens.
        if (!auth::TokenIssuer::can_name(*account_->principal())) {
            return refused(Reason::credential_forbidden);
        }
        if (const auto reason = read_claims()) {
            return refused(*reason);
        }
        set_account(account_->entry());
        auth::BeginSession step =
            issuer().begin(*account_->principal(), ngx_time(), account_->expires());
        audit_session("login", {{}, step.session, {}});
        ask_store(std::move(step));
        return std::nullopt;
    }

    // What the client presents, in its header or in its body.
    std::optional<Reason> read() {
        const RequestCredential header = request_credential(r_, policy_);
        if (!header) {
            return header.error();
        }
        if (body().empty()) {
            if (!*header) {
                return Reason::no_credential;
            }
            method_ = (*header)->method;
            account_.emplace(policy_, **header);
            return std::nullopt;
        }
        in_body_ = true;
        auto login = auth::read_login(body_type(), text(body().view()));
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
        if (!policy_.rules(Method::password).on) {
            return Reason::no_credential;
        }
        method_ = Method::password;
        account_.emplace(policy_, auth::UserPassword::of(login.name, text(login.secret->view())));
        return std::nullopt;
    }

    // RFC 6749 section 4.4: a client presents its key in the body or as the password of Basic, but
    // not twice.
    std::optional<Reason> take_client(auth::LoginBody login,
                                      const std::optional<auth::Credential>& header) {
        if (!policy_.rules(Method::api_key).on) {
            return Reason::grant_unsupported;
        }
        const auto field = authorization_field(r_);
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
        account_.emplace(policy_, auth::Credential{Method::api_key, text(key_.view())});
        return std::nullopt;
    }

    EndpointAnswer refused(Reason reason) {
        RefusalLog about;
        about.method = method_ ? name(*method_) : std::string_view();
        if (const auth::Principal* const principal = account_ ? account_->principal() : nullptr) {
            about.tenant = principal->tenant;
            about.subject = principal->subject;
        }
        return refuse("login_refused", reason, about, challenges(reason));
    }

    // A page that sends a body has a form of its own: a challenge for Basic would have a browser
    // show another one. A client that used Basic expects it (RFC 6749 section 5.2).
    [[nodiscard]] std::vector<std::string> challenges(Reason reason) const {
        if (!in_body_) {
            return challenges_of(r_, policy_, reason, method_);
        }
        return token_challenge(reason, by_basic_ ? Method::password : Method::jwt);
    }

    void audit_session(const char* event, const auth::StoreOutcome& outcome) {
        audit(r_, policy_.audit_log,
              {.event = event,
               .tenant = outcome.session.tenant,
               .subject = outcome.session.subject,
               .sid = outcome.session.sid,
               .jti = outcome.token.jti,
               .kid = outcome.token.jti.empty() ? "" : issuer().refresh_kid()});
    }

    std::optional<AccountCheck> account_;
    std::optional<Method> method_;
    bool in_body_ = false;
    bool by_basic_ = false; // a client's key
    std::optional<std::string> client_;
    Secret key_; // of the client, which account_ borrows
};

} // namespace

std::unique_ptr<Endpoint> make_login(ngx_http_request_t* r) {
    return std::make_unique<Login>(r);
}

} // namespace sallyport::ngx
