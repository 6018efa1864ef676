#include "ngx/access/filter.hpp"

#include "auth/challenge.hpp"
#include "ngx/access/connection_end.hpp"
#include "ngx/access/cors.hpp"
#include "ngx/access/decision.hpp"
#include "ngx/access/handler.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/proof.hpp"
#include "ngx/access/refusal.hpp"
#include "ngx/runtime/captured_answer.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {
namespace {

ngx_http_output_header_filter_pt next_header_filter;
ngx_http_output_body_filter_pt next_body_filter;

const Decision* refused_decision(ngx_http_request_t* r) noexcept {
    if (r != r->main) {
        return nullptr;
    }
    const auto* const decision =
        static_cast<const Decision*>(ngx_http_get_module_ctx(r, ngx_http_sallyport_module));
    return decision != nullptr && decision->refuses() ? decision : nullptr;
}

// Another check has admitted the request in spite of the refusal.
bool is_overruled(ngx_http_request_t* r, const Decision& decision) noexcept {
    return is_past_access(r) && !decision.refuses_every_request();
}

// The answer is the refusal itself, and not an error page, for which nginx clears the request's
// context.
bool is_refusal(ngx_http_request_t* r, const Decision& decision) noexcept {
    return !is_overruled(r, decision) &&
           static_cast<int>(r->headers_out.status) == decision.status();
}

// nginx's own page is replaced by ours.
bool writes_problem(ngx_http_request_t* r, const Decision& decision) noexcept {
    return is_refusal(r, decision) &&
           (decision.policy().json_errors || !sent_explanation(r, decision).empty());
}

std::string problem_body(ngx_http_request_t* r, const Decision& decision) {
    const std::string_view explanation = sent_explanation(r, decision);
    return decision.policy().json_errors
               ? auth::problem_json(*decision.refusal(), decision.status(), explanation)
               : auth::problem_html(decision.status(), explanation);
}

void announce_problem(ngx_http_request_t* r, const Decision& decision) {
    const std::string body = problem_body(r, decision);
    r->headers_out.content_type =
        borrow(decision.policy().json_errors ? "application/problem+json" : "text/html");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = nullptr;
    ngx_str_null(&r->headers_out.charset);
    ngx_http_clear_content_length(r);
    r->headers_out.content_length_n = static_cast<off_t>(body.size());
}

ngx_int_t header_filter(ngx_http_request_t* r) {
    if (CapturedAnswer* const capture = CapturedAnswer::of(r)) {
        return capture->take_header(r);
    }
    check_early_answer(r);
    if (r == r->main) {
        add_cors_fields(r, *policy_of(r));
        if (worker(r)->needs_nonces) {
            add_nonce_field(r);
        }
    }
    if (const Decision* const decision = refused_decision(r)) {
        if (is_overruled(r, *decision)) {
            withdraw_challenges(r);
        }
        if (writes_problem(r, *decision)) {
            announce_problem(r, *decision);
        }
    }
    const ngx_int_t rc = next_header_filter(r);
    if (rc != NGX_ERROR && r == r->main && r->header_sent && worker(r)->ends_connections) {
        end_with_credential(r);
    }
    return rc;
}

ngx_int_t send_problem(ngx_http_request_t* r, const Decision& decision) {
    const ngx_str_t body = pool_copy(r->pool, problem_body(r, decision));
    auto* const buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(r->pool));
    if (buffer == nullptr) {
        return NGX_ERROR;
    }
    buffer->pos = body.data;
    buffer->last = body.data + body.len;
    buffer->memory = 1;
    buffer->last_buf = 1;
    buffer->last_in_chain = 1;
    ngx_chain_t out{buffer, nullptr};
    return next_body_filter(r, &out);
}

ngx_int_t body_filter(ngx_http_request_t* r, ngx_chain_t* in) {
    if (CapturedAnswer* const capture = CapturedAnswer::of(r)) {
        return capture->take_body(r, in);
    }
    const Decision* const decision = refused_decision(r);
    if (decision == nullptr || in == nullptr || !writes_problem(r, *decision)) {
        return next_body_filter(r, in);
    }
    // nginx's own page comes in one piece, and is replaced by ours.
    for (; in != nullptr; in = in->next) {
        in->buf->pos = in->buf->last;
    }
    return send_problem(r, *decision);
}

} // namespace

void init_filters() noexcept {
    next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = filter_callback<"header filter", header_filter>;
    next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = filter_callback<"body filter", body_filter>;
}

} // namespace sallyport::ngx
