#include "ngx/endpoints/issuing.hpp"

#include "ngx/access/request_credential.hpp"
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

std::optional<Reason> IssuingEndpoint::read_claims() {
    if (policy_.token_claims == nullptr) {
        return std::nullopt;
    }
    json::Object claims;
    for (const TokenClaim& claim : *policy_.token_claims) {
        const std::string_view text = evaluate(r_, claim.value);
        if (text.empty()) {
            continue;
        }
        json::Value value = claim_value(text, claim.is_json);
        if (!value) {
            ngx_log_error(NGX_LOG_ERR, r_->connection->log, 0,
                          "sallyport: the value of auth_token_claim \"%s\" is not a claim",
                          claim.name.c_str());
            return Reason::request_malformed;
        }
        claims.set(claim.name.c_str(), std::move(value));
    }
    details_.claims = claims.text();
    if (details_.claims.size() > auth::max_token_details) {
        ngx_log_error(NGX_LOG_ERR, r_->connection->log, 0,
                      "sallyport: the values of auth_token_claim are longer than %uz bytes",
                      auth::max_token_details);
        return Reason::request_malformed;
    }
    return std::nullopt;
}

std::optional<EndpointAnswer> IssuingEndpoint::issue(const auth::StoreOutcome& outcome) {
    if (!signing_) {
        signing_ = TokenSigning::begin(policy_.tokens, outcome.session, outcome.token, details_);
    }
    const auto& signed_tokens = signing_->outcome();
    if (!signed_tokens) {
        waiter_.wait_for(signing_);
        return std::nullopt;
    }
    if (!*signed_tokens) {
        ngx_log_error(NGX_LOG_ERR, r_->connection->log, 0, "sallyport: signing failed: %s",
                      signed_tokens->error().c_str());
        return problem(Reason::internal_error);
    }
    EndpointAnswer answer;
    answer.body = (*signed_tokens)->json();
    return answer;
}

} // namespace sallyport::ngx
