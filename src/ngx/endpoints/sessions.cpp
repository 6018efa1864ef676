#include <algorithm>
#include <initializer_list>
#include <tuple>

#include "auth/revocation_entry.hpp"
#include "base/form.hpp"
#include "base/text.hpp"
#include "ngx/access/decision_for_variables.hpp"
#include "ngx/endpoints/revocation.hpp"
#include "json/document.hpp"
#include "json/object.hpp"

namespace sallyport::ngx {
namespace {

using Kind = auth::StoreOutcome::Kind;

constexpr std::size_t most_parameters = 3;

// Whose sessions, and which of them.
struct Asked {
    std::string subject{};
    std::string tenant{};
    std::string sid{}; // empty: all
};

// A parameter with a wrong name could end the wrong sessions, so it is refused.
bool has_only(const Form& form, std::initializer_list<std::string_view> names) {
    return std::all_of(form.begin(), form.end(), [&](const auto& field) {
        return std::find(names.begin(), names.end(), field.first) != names.end();
    });
}

std::optional<std::string_view> field(const Form& form, std::string_view name) {
    const auto found = form.find(name);
    return found != form.end() ? std::optional(text(found->second.view())) : std::nullopt;
}

// Lists and ends sessions: those of the caller or, for administrators, of another subject.
class Sessions : public RevokingEndpoint {
  public:
    Sessions(ngx_http_request_t* r, bool is_admin)
        : RevokingEndpoint(r, is_admin ? "revoked" : "logout", NGX_HTTP_NO_CONTENT),
          is_admin_(is_admin) {}

  protected:
    Answer read() override {
        const auto caller = caller_of(request_.r);
        if (!caller) {
            return request_.refuse_caller(caller.error());
        }
        const bool ends = request_.r->method == NGX_HTTP_DELETE;
        auto asked = read_query(**caller, ends);
        if (!asked) {
            return request_.refuse_token("refused", asked.error());
        }
        // Callers of another tenant get the same answer as for an unknown subject.
        if (!(*caller)->tenant.empty() && (*caller)->tenant != asked->tenant) {
            return ends ? nothing() : list({});
        }
        if (ends) {
            return asked->sid.empty() ? end_all(*asked) : end_one(*asked);
        }
        ask_store(auth::ListSessions{asked->subject, asked->tenant, ngx_time()});
        return std::nullopt;
    }

    Answer stored(const auth::StoreOutcome& outcome) override {
        return request_.r->method == NGX_HTTP_DELETE ? RevokingEndpoint::stored(outcome)
                                                     : list(outcome.sessions);
    }

  private:
    Result<Asked, Reason> read_query(const auth::Principal& caller, bool ends) {
        const auto form = parse_form(view(request_.r->args), most_parameters);
        if (!form) {
            return Failure{Reason::request_malformed};
        }
        auto asked = is_admin_ ? read_owner(*form, caller, ends) : read_caller(*form, caller, ends);
        if (const auto sid = field(*form, "sid"); asked && sid) {
            asked->sid = *sid;
            return sid->empty() ? Failure{Reason::request_malformed} : std::move(asked);
        }
        return asked;
    }

    static Result<Asked, Reason> read_owner(const Form& form, const auth::Principal& caller,
                                            bool ends) {
        const auto subject = field(form, "sub");
        const auto tenant = field(form, "tenant_id");
        const bool is_right = has_only(form, {"sub", "tenant_id", ends ? "sid" : "sub"}) &&
                              subject && is_name(*subject) && (!tenant || is_name(*tenant));
        if (!is_right) {
            return Failure{Reason::request_malformed};
        }
        return Asked{std::string(*subject), std::string(tenant.value_or(caller.tenant))};
    }

    // Tokens of other issuers may name our subjects.
    Result<Asked, Reason> read_caller(const Form& form, const auth::Principal& caller, bool ends) {
        if (ends ? !has_only(form, {"sid"}) : !form.empty()) {
            return Failure{Reason::request_malformed};
        }
        const Decision& decision = *decision_for_variables(request_.r);
        const jwt::VerifiedToken* const token = decision.token();
        const bool is_ours = token == nullptr || decision.token_check()->is_ours();
        if (caller.subject.empty() || !is_ours) {
            return Failure{Reason::credential_forbidden};
        }
        if (token != nullptr) {
            current_ = json::string(json::member(token->payload(), "sid")).value_or("");
        }
        return Asked{std::string(caller.subject), std::string(caller.tenant)};
    }

    Answer end_one(const Asked& asked) {
        return end_session({asked.sid, ngx_time(), asked.tenant, asked.subject},
                           {asked.tenant, asked.subject, asked.sid});
    }

    Answer end_all(const Asked& asked) {
        Order order{.sessions = auth::RevokeSubject{asked.subject, asked.tenant, ngx_time()},
                    .who = {asked.tenant, asked.subject}};
        // A tenant of this name cannot be told from all tenants.
        if (can_list() && asked.tenant != auth::every_tenant) {
            order.records.push_back(subject_record(own_worker(), asked.subject, asked.tenant,
                                                   request_.issuer().terms().issuer));
        }
        return carry_out(std::move(order));
    }

    // Those that were used last come first.
    [[nodiscard]] EndpointAnswer list(std::vector<auth::ListedSession> sessions) const {
        std::sort(sessions.begin(), sessions.end(), [](const auto& one, const auto& other) {
            return std::tie(other.last_used_at, one.sid) < std::tie(one.last_used_at, other.sid);
        });
        EndpointAnswer answer;
        answer.body = R"({"sessions":[)";
        for (const auth::ListedSession& session : sessions) {
            json::Object object;
            object.set("sid", session.sid)
                .set("created_at", session.created_at)
                .set("last_used_at", session.last_used_at)
                .set("expires_at", session.expires_at)
                .set("client", session.client);
            if (!is_admin_) {
                object.set("current", json::Value(json_boolean(session.sid == current_)));
            }
            answer.body += (answer.body.back() == '[' ? "" : ",") + object.text();
        }
        answer.body += "]}\n";
        return answer;
    }

    bool is_admin_;
    std::string current_; // the session of the caller's token
};

} // namespace

std::unique_ptr<Endpoint> make_sessions(ngx_http_request_t* r) {
    return std::make_unique<Sessions>(r, false);
}

std::unique_ptr<Endpoint> make_admin_sessions(ngx_http_request_t* r) {
    return std::make_unique<Sessions>(r, true);
}

} // namespace sallyport::ngx
