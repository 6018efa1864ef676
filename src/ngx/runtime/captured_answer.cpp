#include "ngx/runtime/captured_answer.hpp"

#include <string>
#include <utility>

#include "base/text.hpp"
#include "ngx/runtime/pool.hpp"

namespace sallyport::ngx {

ngx_http_request_t* CapturedAnswer::ask(ngx_http_request_t* r, ngx_str_t uri) {
    ngx_str_t arguments{};
    // Client input in the URI is kept out of the error log.
    ngx_uint_t flags = is_of_client() ? 0 : NGX_HTTP_LOG_UNSAFE;
    const ngx_http_post_subrequest_t end{on_end, this};
    auto* const ps = make<ngx_http_post_subrequest_t>(r->pool, end);
    earlier_ = latest(r);
    ngx_http_set_ctx(r->main, this, ngx_http_sallyport_filter_module);
    if (ngx_http_parse_unsafe_uri(r, &uri, &arguments, &flags) != NGX_OK ||
        ngx_http_subrequest(r, &uri, &arguments, &request_, ps, NGX_HTTP_SUBREQUEST_WAITED) !=
            NGX_OK) {
        return nullptr;
    }
    return request_;
}

// The status of a subrequest that ends without sending a response. An error_page may still replace
// it.
ngx_int_t CapturedAnswer::on_end(ngx_http_request_t*, void* data, ngx_int_t rc) noexcept {
    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        static_cast<CapturedAnswer*>(data)->status_ = static_cast<ngx_uint_t>(rc);
    }
    return rc;
}

Result<Secret> CapturedAnswer::body() {
    if (in_gzip()) {
        return failure("the response is compressed");
    }
    return body_as_sent();
}

Result<Secret> CapturedAnswer::body_as_sent() {
    if (coding_ == Coding::other) {
        return failure("the response is compressed");
    }
    if (too_large_) {
        return failure("the response is larger than " + std::to_string(limit_) + " bytes");
    }
    if (!ended_) {
        return failure("the response is incomplete");
    }
    return Secret(std::move(body_));
}

CapturedAnswer* CapturedAnswer::latest(ngx_http_request_t* r) noexcept {
    return static_cast<CapturedAnswer*>(
        ngx_http_get_module_ctx(r->main, ngx_http_sallyport_filter_module));
}

bool CapturedAnswer::takes(const ngx_http_request_t* r) const noexcept {
    for (; r != r->main; r = r->parent) {
        if (r == request_) {
            return true;
        }
    }
    return all_;
}

CapturedAnswer* CapturedAnswer::of(ngx_http_request_t* r) noexcept {
    CapturedAnswer* capture = latest(r);
    while (capture != nullptr && !capture->takes(r)) {
        capture = capture->earlier_;
    }
    return capture;
}

CapturedAnswer::Coding CapturedAnswer::coding_of(const ngx_http_request_t* r) noexcept {
    const ngx_table_elt_t* const field = r->headers_out.content_encoding;
    const std::string_view name =
        field != nullptr && field->hash != 0 ? view(field->value) : std::string_view();
    if (name.empty() || equal_ignoring_case(name, "identity")) {
        return Coding::none;
    }
    const bool gzip = equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip");
    return gzip ? Coding::gzip : Coding::other;
}

ngx_int_t CapturedAnswer::take_header(ngx_http_request_t* r) noexcept {
    r->header_sent = 1;
    r->filter_need_in_memory = 1;
    if (r == request_) {
        status_ = r->headers_out.status;
#if (NGX_HTTP_CACHE)
        cached_ = r->cached != 0;
#endif
        coding_ = coding_of(r);
    }
    return NGX_OK;
}

ngx_int_t CapturedAnswer::take_body(ngx_http_request_t* r, ngx_chain_t* in) {
    for (; in != nullptr; in = in->next) {
        if (r == request_) {
            take(*in->buf);
        }
        in->buf->pos = in->buf->last;
        in->buf->file_pos = in->buf->file_last;
    }
    return NGX_OK;
}

void CapturedAnswer::take(const ngx_buf_t& buffer) {
    if (ngx_buf_in_memory(&buffer)) {
        too_large_ = too_large_ ||
                     body_.size() + static_cast<std::size_t>(buffer.last - buffer.pos) > limit_;
        if (!too_large_) {
            body_.insert(body_.end(), buffer.pos, buffer.last);
        }
    }
    ended_ = ended_ || buffer.last_in_chain != 0 || buffer.last_buf != 0;
}

} // namespace sallyport::ngx
