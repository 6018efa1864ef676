#include "ngx/issuing_endpoint.hpp"

namespace sallyport::ngx {

std::optional<EndpointAnswer> IssuingEndpoint::issue(const auth::StoreOutcome& outcome) {
    if (!signing_) {
        signing_ = TokenSigning::begin(policy_.tokens, outcome.session, outcome.token);
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
