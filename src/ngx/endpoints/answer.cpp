#include "ngx/endpoints/answer.hpp"

#include "auth/challenge.hpp"
#include "ngx/access/refusal.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"

namespace sallyport::ngx {

EndpointAnswer problem(Reason reason, std::vector<std::string> challenges) {
    EndpointAnswer answer;
    answer.status = static_cast<ngx_uint_t>(describe(reason).status);
    answer.body = auth::problem_json(reason);
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
