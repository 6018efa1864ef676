#include "ngx/request_token.hpp"

#include <new>

#include "auth/credential.hpp"
#include "base/text.hpp"

namespace sallyport::ngx {
namespace {

// nginx refuses a second Authorization field by itself, but an error page that it then serves is
// a request that still carries both.
bool has_second_authorization(ngx_http_request_t* r) noexcept {
    const ngx_table_elt_t* const first = r->headers_in.authorization;
    for (const ngx_list_part_t* part = &r->headers_in.headers.part; part != nullptr;
         part = part->next) {
        const auto* const fields = static_cast<const ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            if (&fields[i] != first && fields[i].hash == first->hash &&
                equal_ignoring_case(view(fields[i].key), view(first->key))) {
                return true;
            }
        }
    }
    return false;
}

RequestToken header_token(ngx_http_request_t* r) {
    const ngx_table_elt_t* const field = r->headers_in.authorization;
    if (field == nullptr) {
        return std::optional<std::string_view>();
    }
    if (has_second_authorization(r)) {
        return Failure{Reason::ambiguous_credential};
    }
    return auth::bearer_token(view(field->value));
}

} // namespace

RequestToken request_token(ngx_http_request_t* r, const Policy& policy) {
    if (policy.token == nullptr) {
        return header_token(r);
    }
    const std::string_view token = evaluate(r, policy.token);
    if (token.empty()) {
        return std::optional<std::string_view>();
    }
    const auto other = header_token(r);
    if (!other) {
        return other;
    }
    if (*other && **other != token) {
        return Failure{Reason::ambiguous_credential};
    }
    return std::optional(token);
}

std::string_view evaluate(ngx_http_request_t* r, ngx_http_complex_value_t* value) {
    ngx_str_t text{};
    if (ngx_http_complex_value(r, value, &text) != NGX_OK) {
        throw std::bad_alloc();
    }
    return view(text);
}

} // namespace sallyport::ngx
