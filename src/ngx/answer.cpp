#include "ngx/answer.hpp"

#include "auth/challenge.hpp"
#include "base/text.hpp"
#include "ngx/pool.hpp"
#include "ngx/request_credential.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::size_t logged_kid = 64;
constexpr std::size_t logged_name = 128;

void append(std::string& line, const char* name, std::string_view value, std::size_t limit) {
    if (!value.empty()) {
        line += std::string(", ") + name + " \"" + log_safe(value, limit) + '"';
    }
}

void log_refusal(ngx_http_request_t* r, const Decision& decision, const ReasonInfo& info) {
    const ngx_uint_t level = info.status >= 500 ? NGX_LOG_ERR : NGX_LOG_INFO;
    if (r->connection->log->log_level < level) {
        return;
    }
    std::string line;
    if (decision.method() && decision.method() != auth::Method::jwt) {
        append(line, "method", name(*decision.method()), logged_name);
    }
    append(line, "kid", decision.kid(), logged_kid);
    if (const auth::Principal* const principal = decision.claimed_principal()) {
        append(line, "tenant", principal->tenant, logged_name);
        append(line, "subject", principal->subject, logged_name);
    }
    ngx_log_error(level, r->connection->log, 0, "sallyport: %s %d %*s%s",
                  decision.refuses() ? "refused" : "would refuse", info.status, info.name.size(),
                  info.name.data(), line.c_str());
}

// A redirect that is refused as well has challenges of its own.
void withdraw_earlier_challenges(ngx_http_request_t* r) {
    each<Decision>(r->pool, [](Decision& earlier) {
        withdraw_challenges(earlier);
        return true;
    });
}

ngx_table_elt_t* add_challenge(ngx_http_request_t* r, const std::string& challenge) {
    const ngx_str_t value = copy(r->pool, challenge);
    auto* const field = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
    if (field == nullptr) {
        throw std::bad_alloc();
    }
    *field = {};
    field->hash = 1;
    ngx_str_set(&field->key, "WWW-Authenticate");
    field->value = value;
#if (nginx_version >= 1023000)
    field->next = r->headers_out.www_authenticate;
#endif
    r->headers_out.www_authenticate = field;
    return field;
}

void add_challenges(ngx_http_request_t* r, Decision& decision, Reason reason) {
    std::size_t count = 0;
    for (const auth::Method method :
         {auth::Method::jwt, auth::Method::password, auth::Method::api_key}) {
        const MethodRules& rules = decision.policy().rules(method);
        if (!rules.on) {
            continue;
        }
        const std::string challenge =
            auth::challenge(method, evaluate(r, rules.realm), reason, decision.method());
        if (!challenge.empty()) {
            decision.challenges[count++] = add_challenge(r, challenge);
        }
    }
}

} // namespace

void withdraw_challenges(Decision& decision) noexcept {
    for (ngx_table_elt_t*& challenge : decision.challenges) {
        if (challenge != nullptr) {
            challenge->hash = 0;
            challenge = nullptr;
        }
    }
}

ngx_int_t refuse(ngx_http_request_t* r, Decision& decision) {
    const Reason reason = *decision.refusal();
    log_refusal(r, decision, describe(reason));
    if (!decision.refuses()) {
        return NGX_DECLINED;
    }
    withdraw_earlier_challenges(r);
    add_challenges(r, decision, reason);
    return describe(reason).status;
}

} // namespace sallyport::ngx
