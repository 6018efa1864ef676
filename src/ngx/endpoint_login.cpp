#include "ngx/account_check.hpp"
#include "ngx/audit_log.hpp"
#include "ngx/issuing_endpoint.hpp"
#include "ngx/request_credential.hpp"

namespace sallyport::ngx {

namespace {

using auth::BodyType;
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
        if (body_type() != BodyType::json) {
            return Reason::content_type_unsupported;
        }
        if (*header) {
            return Reason::ambiguous_credential;
        }
        const auto login = auth::read_login(text(body().view()));
        if (!login) {
            return login.error();
        }
        if (!policy_.rules(Method::password).on) {
            return Reason::no_credential;
        }
        method_ = Method::password;
        account_.emplace(policy_,
                         auth::UserPassword::of(login->username, text(login->password.view())));
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

    // A program that sends JSON has a form of its own: a challenge for Basic would have a browser
    // show another one.
    [[nodiscard]] std::vector<std::string> challenges(Reason reason) const {
        if (!in_body_) {
            return challenges_of(r_, policy_, reason, method_);
        }
        return token_challenge(reason);
    }

    void audit_session(const char* event, const auth::StoreOutcome& outcome) {
        audit(r_, policy_,
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
};

} // namespace

std::unique_ptr<Endpoint> make_login(ngx_http_request_t* r) {
    return std::make_unique<Login>(r);
}

} // namespace sallyport::ngx
