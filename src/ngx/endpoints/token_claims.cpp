#include "ngx/endpoints/token_claims.hpp"

#include <utility>

#include "ngx/runtime/request.hpp"
#include "json/object.hpp"

namespace sallyport::ngx {

json::Value claim_value(std::string_view text, bool is_json) {
    constexpr json::Limits limits{auth::max_token_details, 8};
    if (is_json) {
        return json::parse_value(text, limits);
    }
    return json::Value(text.size() <= limits.bytes ? json_stringn(text.data(), text.size())
                                                   : nullptr);
}

Result<std::string, Reason> token_claims(ngx_http_request_t* r, const Policy& policy) {
    if (policy.token_claims == nullptr) {
        return std::string();
    }
    json::Object claims;
    for (const TokenClaim& claim : *policy.token_claims) {
        const std::string_view text = evaluate(r, claim.value);
        if (text.empty()) {
            continue;
        }
        json::Value value = claim_value(text, claim.is_json);
        if (!value) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "sallyport: the value of auth_token_claim \"%s\" is not a claim",
                          claim.name.c_str());
            return Failure{Reason::request_malformed};
        }
        claims.set(claim.name.c_str(), std::move(value));
    }
    std::string text = claims.text();
    if (text.size() > auth::max_token_details) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "sallyport: the values of auth_token_claim are longer than %uz bytes",
                      auth::max_token_details);
        return Failure{Reason::request_malformed};
    }
    return text;
}

} // namespace sallyport::ngx
