#include "ngx/answer.hpp"

#include "auth/challenge.hpp"
#include "base/text.hpp"
#include "ngx/pool.hpp"

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
    append(line, "kid", decision.kid(), logged_kid);
    if (const auth::Principal* const principal = decision.claimed_principal()) {
        append(line, "tenant", principal->tenant, logged_name);
        append(line, "subject", principal->subject, logged_name);
    }
    ngx_log_error(level, r->connection->log, 0, "sallyport: refused %d %*s%s", info.status,
                  info.name.size(), info.name.data(), line.c_str());
}

// A redirect that is refused as well has a challenge of its own.
void withdraw_challenges(ngx_http_request_t* r) {
    each<Decision>(r->pool, [](Decision& earlier) {
        if (earlier.challenge != nullptr) {
            earlier.challenge->hash = 0;
            earlier.challenge = nullptr;
        }
        return true;
    });
}

void add_challenge(ngx_http_request_t* r, Decision& decision, Reason reason) {
    ngx_str_t realm{};
    if (ngx_http_complex_value(r, decision.policy().realm, &realm) != NGX_OK) {
        throw std::bad_alloc();
    }
    const std::string challenge = auth::bearer_challenge(view(realm), reason);
    if (challenge.empty()) {
        return;
    }
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
    decision.challenge = field;
}

} // namespace

ngx_int_t refuse(ngx_http_request_t* r, Decision& decision) {
    const Reason reason = *decision.refusal();
    const ReasonInfo& info = describe(reason);
    log_refusal(r, decision, info);
    withdraw_challenges(r);
    add_challenge(r, decision, reason);
    return info.status;
}

} // namespace sallyport::ngx
