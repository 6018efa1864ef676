#include "ngx/access/forwarding.hpp"

#include <span>

#include "auth/credential.hpp"
#include "base/text.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/token_sources.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {
namespace {

using auth::Method;

// The fields as the client sent them.
struct OriginalFields {
    ngx_http_request_t* request;
    ngx_list_t list;
    bool is_replaced;
};

// nginx links fields of the same name when an upstream module first needs it.
void set_fields(ngx_http_request_t* r, const ngx_list_t& list) noexcept {
    r->headers_in.headers = list;
#if (nginx_version >= 1023000)
    r->headers_in.multi_linked = 0;
#endif
}

bool withholds(const Policy& policy) noexcept {
    return policy.forwarding != Forwarding::on && policy.endpoint == nullptr && policy.is_on();
}

// Authorization belongs to the application if its scheme is that of no enabled method.
bool is_withheld_authorization(const Policy& policy, std::string_view value) {
    const auto credential = auth::find_credential(value);
    return !credential || (*credential && policy.rules((*credential)->method).on);
}

bool is_withheld(const Policy& policy, const ngx_table_elt_t& field) {
    const std::string_view key = view(field.key);
    if (equal_ignoring_case(key, "DPoP")) { // RFC 9449 section 4.1
        return policy.rules(Method::jwt).on;
    }
    if (policy.forwarding == Forwarding::bearer) {
        return false;
    }
    if (equal_ignoring_case(key, "Authorization")) {
        return is_withheld_authorization(policy, view(field.value));
    }
    for (const MethodRules& rules : policy.methods) {
        if (rules.on && ((!rules.header.empty() && equal_ignoring_case(key, rules.header)) ||
                         (rules.token != nullptr && rules.token_sources->reads_field(key)))) {
            return true;
        }
    }
    return false;
}

// The text that is left of a Cookie field.
std::string without_token(const Policy& policy, std::string_view cookies) {
    const MethodRules& rules = policy.rules(Method::jwt);
    return rules.on && rules.token != nullptr ? rules.token_sources->without_cookies(cookies)
                                              : std::string(cookies);
}

// For an upstream that does not know DPoP.
std::string as_bearer(const Policy& policy, std::string_view authorization) {
    const auto credential = auth::find_credential(authorization);
    const bool is_dpop = credential && *credential && policy.rules(Method::jwt).on &&
                         (*credential)->scheme == auth::TokenScheme::dpop;
    return is_dpop ? "Bearer " + std::string((*credential)->text) : std::string(authorization);
}

// The value that upstreams get of a field that is not withheld.
std::string forwarded_value(const Policy& policy, const ngx_table_elt_t& field) {
    if (policy.forwarding == Forwarding::off && equal_ignoring_case(view(field.key), "Cookie")) {
        return without_token(policy, view(field.value));
    }
    if (policy.forwarding == Forwarding::bearer &&
        equal_ignoring_case(view(field.key), "Authorization")) {
        return as_bearer(policy, view(field.value));
    }
    return std::string(view(field.value));
}

void push(ngx_list_t& list, const ngx_table_elt_t& field) {
    auto* const added = static_cast<ngx_table_elt_t*>(ngx_list_push(&list));
    if (added == nullptr) {
        throw std::bad_alloc();
    }
    *added = field;
#if (nginx_version >= 1023000)
    added->next = nullptr;
#endif
}

// Variables read the list; what was read once is remembered.
void remember_variables(ngx_http_request_t* r, std::string_view field) noexcept {
    for (const auto& [name, index] : worker(r)->field_variables) {
        if (is_field(field, name)) {
            ngx_http_get_indexed_variable(r, index);
        }
    }
}

void copy_field(ngx_http_request_t* r, const Policy& policy, const ngx_table_elt_t& field,
                ngx_list_t& kept) {
    if (is_withheld(policy, field)) {
        remember_variables(r, view(field.key));
        return;
    }
    const std::string value = forwarded_value(policy, field);
    if (value == view(field.value)) {
        push(kept, field);
        return;
    }
    remember_variables(r, view(field.key));
    if (!value.empty()) {
        ngx_table_elt_t changed = field;
        changed.value = pool_copy(r->pool, value);
        push(kept, changed);
    }
}

void withhold(ngx_http_request_t* r, const Policy& policy) {
    ngx_list_t kept;
    constexpr ngx_uint_t fields_in_a_part = 20;
    if (ngx_list_init(&kept, r->pool, fields_in_a_part, sizeof(ngx_table_elt_t)) != NGX_OK) {
        throw std::bad_alloc();
    }
    for (const ngx_list_part_t* part = &r->headers_in.headers.part; part != nullptr;
         part = part->next) {
        const auto* const fields = static_cast<const ngx_table_elt_t*>(part->elts);
        for (const ngx_table_elt_t& field : std::span(fields, part->nelts)) {
            copy_field(r, policy, field, kept);
        }
    }
    set_fields(r, kept);
}

} // namespace

void withhold_credential(ngx_http_request_t* r) {
    const Policy& own = *policy_of(r);
    const Policy& main = *policy_of(r->main);
    if (own.endpoint != nullptr || (!withholds(own) && !withholds(main))) {
        return;
    }
    make<OriginalFields>(r->pool, r, r->headers_in.headers, true);
    if (withholds(own)) {
        withhold(r, own);
    }
    if (&main != &own && withholds(main)) {
        withhold(r, main);
    }
}

void restore_fields(ngx_http_request_t* r) noexcept {
    each<OriginalFields>(r->pool, [&](OriginalFields& original) {
        if (original.request == r && original.is_replaced) {
            set_fields(r, original.list);
            original.is_replaced = false;
        }
        return true;
    });
}

} // namespace sallyport::ngx
