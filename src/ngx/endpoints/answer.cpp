#include "ngx/endpoints/answer.hpp"

#include "auth/challenge.hpp"
#include "ngx/access/explanation.hpp"
#include "ngx/access/refusal.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"

namespace sallyport::ngx {

EndpointAnswer problem(ngx_http_request_t* r, Reason reason, std::vector<std::string> challenges,
                       int status) {
    status = status != 0 ? status : describe(reason).status;
    EndpointAnswer answer;
    answer.status = static_cast<ngx_uint_t>(status);
    if (explains(r, *policy_of(r))) {
        const NotedRefusal* const noted = noted_refusal(r);
        answer.body = auth::problem_json(
            reason, status, explain(r, reason, noted != nullptr ? noted->details : ""));
    } else {
        answer.body = auth::problem_json(reason, status);
    }
    answer.type = "application/problem+json";
    answer.challenges = std::move(challenges);
    return answer;
}

ngx_int_t send_answer(ngx_http_request_t* r, const EndpointAnswer& answer) {
    if (answer.cache_control.empty()) {
        forbid_caching(r);
    } else {
        add_header(r, "Cache-Control", answer.cache_control);
    }
    if (!answer.allow.empty()) {
        add_header(r, "Allow", answer.allow);
    }
    for (const std::string& challenge : answer.challenges) {
        add_challenge(r, challenge);
    }
    ngx_str_t type = borrow(answer.type);
    ngx_http_complex_value_t body{};
    body.value = pool_copy(r->pool, answer.body);
    return ngx_http_send_response(r, answer.status, &type, &body);
}

} // namespace sallyport::ngx
