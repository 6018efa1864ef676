#include "ngx/access/lookup.hpp"

#include <algorithm>
#include <array>
#include <new>

#include "base/text.hpp"
#include "ngx/access/variables.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"
#include "json/jansson.hpp"

namespace sallyport::ngx {
namespace {

// Fields about the body, the range or the version of the requested content.
bool is_about_content(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 13> names{
        "accept-encoding",  "content-encoding",    "content-length",
        "content-range",    "content-type",        "expect",
        "if-match",         "if-modified-since",   "if-none-match",
        "if-range",         "if-unmodified-since", "range",
        "transfer-encoding"};
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view other) { return equal_ignoring_case(name, other); });
}

// A subrequest shares the list of fields with its main request, so it gets its own.
void leave_out_content(ngx_http_request_t* r) {
    ngx_http_headers_in_t& in = r->headers_in;
    ngx_list_t fields;
    constexpr ngx_uint_t part_size = 20;
    if (ngx_list_init(&fields, r->pool, part_size, sizeof(ngx_table_elt_t)) != NGX_OK) {
        throw std::bad_alloc();
    }
    for (const ngx_list_part_t* part = &in.headers.part; part != nullptr; part = part->next) {
        const auto* const field = static_cast<const ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            if (is_about_content(view(field[i].key))) {
                continue;
            }
            auto* const copied = static_cast<ngx_table_elt_t*>(ngx_list_push(&fields));
            if (copied == nullptr) {
                throw std::bad_alloc();
            }
            *copied = field[i];
        }
    }
    in.headers = fields;
    // The list points to its last part.
    if (in.headers.last == &fields.part) {
        in.headers.last = &in.headers.part;
    }
    in.if_modified_since = in.if_unmodified_since = in.if_match = in.if_none_match = nullptr;
    in.content_length = in.content_type = in.content_range = in.transfer_encoding = nullptr;
    in.range = in.if_range = in.expect = nullptr;
#if (NGX_HTTP_GZIP || NGX_HTTP_HEADERS)
    in.accept_encoding = nullptr;
#endif
    in.content_length_n = -1;
    in.chunked = 0;
}

} // namespace

bool Lookup::begin(ngx_http_request_t* asking, std::string_view uri) {
    ngx_http_request_t* const r = ask(asking, pool_copy(asking->pool, uri));
    if (r == nullptr) {
        return false;
    }
    // The lookup must neither read nor wait for the client's body.
    r->request_body = static_cast<ngx_http_request_body_t*>(
        ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t)));
    if (r->request_body == nullptr) {
        throw std::bad_alloc();
    }
    leave_out_content(r);
    // Subrequests share variables, too. Values computed in this one, without a principal and
    // without these fields, must not be seen by the client's request.
    r->variables = copy_variables(r);
    return true;
}

Result<auth::SharedAccount, Reason> Lookup::outcome(ngx_log_t* log) {
    const auto failed = [&](const std::string& why) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "sallyport: a lookup failed: %s", why.c_str());
        return Failure{Reason::lookup_failed};
    };
    if (was_cached()) {
        return failed("the response came from nginx's cache, so it may be about another user");
    }
    if (status() == NGX_HTTP_UNAUTHORIZED || status() == NGX_HTTP_NOT_FOUND) {
        return Failure{Reason::credential_invalid};
    }
    if (status() == NGX_HTTP_FORBIDDEN) {
        return Failure{Reason::credential_forbidden};
    }
    if (status() < NGX_HTTP_OK || status() >= NGX_HTTP_SPECIAL_RESPONSE) {
        return failed("status " + std::to_string(status()));
    }
    const auto answer = body();
    if (!answer) {
        return failed(answer.error());
    }
    constexpr json::Limits limits{max_bytes, 16};
    const json::Value members =
        json::parse_object(json::without_mark(text(answer->view())), limits);
    if (!members) {
        return failed("the response is not a JSON object");
    }
    auto data = auth::account_data(members.get(), "");
    if (!data) {
        return failed("in the answer, " + data.error());
    }
    return std::make_shared<const auth::Account>(std::move(*data));
}

const Lookup* Lookup::of(ngx_http_request_t* r) noexcept {
    CapturedAnswer* const capture = CapturedAnswer::of(r);
    return capture != nullptr && capture->is_of_client() ? static_cast<const Lookup*>(capture)
                                                         : nullptr;
}

} // namespace sallyport::ngx
