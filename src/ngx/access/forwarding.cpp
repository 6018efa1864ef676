#include "ngx/access/forwarding.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

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

// What a request's upstreams do not get.
struct Withheld {
    const ngx_http_request_t* request;
    std::vector<const Policy*> policies{}; // of the locations that withhold
    ngx_list_t original{};                 // the fields as the client sent them
    bool is_replaced = false;
};

// nginx links fields of the same name when an upstream module first needs it.
void set_fields(ngx_http_request_t* r, const ngx_list_t& list) noexcept {
    ngx_list_t& fields = r->headers_in.headers;
    fields = list;
    if (list.last == &list.part) {
        fields.last = &fields.part;
    }
#if (nginx_version >= 1023000)
    r->headers_in.multi_linked = 0;
#endif
}

bool withholds(const Policy& policy) noexcept {
    return (policy.forwarding == Forwarding::off || policy.forwarding == Forwarding::bearer) &&
           policy.endpoint == nullptr && policy.is_on();
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
    if (equal_ignoring_case(key, "Authorization") &&
        is_withheld_authorization(policy, view(field.value))) {
        return true;
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

// Subrequests share the pool of their main request.
Withheld* withheld_of(const ngx_http_request_t* r) noexcept {
    Withheld* found = nullptr;
    each<Withheld>(r->pool, [&](Withheld& withheld) {
        found = withheld.request == r ? &withheld : nullptr;
        return found == nullptr;
    });
    return found;
}

void note(Withheld& withheld, const Policy& policy) {
    auto& all = withheld.policies;
    if (withholds(policy) && std::find(all.begin(), all.end(), &policy) == all.end()) {
        all.push_back(&policy);
    }
}

// The endpoint of a subrequest reads what its main request's upstreams do not get.
void use_fields_of_main(ngx_http_request_t* r) noexcept {
    const Withheld* const withheld = r != r->main ? withheld_of(r->main) : nullptr;
    if (withheld != nullptr && withheld->is_replaced) {
        set_fields(r, withheld->original);
    }
}

} // namespace

void withhold_credential(ngx_http_request_t* r) {
    if (!worker(r)->withholds_credentials) {
        return;
    }
    const Policy& own = *policy_of(r);
    if (own.endpoint != nullptr) {
        use_fields_of_main(r);
        return;
    }
    const Withheld* const main = r != r->main ? withheld_of(r->main) : nullptr;
    Withheld* withheld = r->internal ? withheld_of(r) : nullptr;
    if (withheld == nullptr) {
        if (!withholds(own) && !withholds(*policy_of(r->main)) && main == nullptr) {
            return;
        }
        withheld = make<Withheld>(r->pool, r);
        withheld->policies = main != nullptr ? main->policies : withheld->policies;
    }
    note(*withheld, own);
    note(*withheld, *policy_of(r->main));
    if (own.forwarding == Forwarding::on || withheld->is_replaced) {
        return;
    }
    withheld->original = r->headers_in.headers;
    withheld->is_replaced = true;
    for (const Policy* const policy : withheld->policies) {
        withhold(r, *policy);
    }
}

void restore_fields(ngx_http_request_t* r) noexcept {
    Withheld* const withheld = worker(r)->withholds_credentials ? withheld_of(r) : nullptr;
    if (withheld != nullptr && std::exchange(withheld->is_replaced, false)) {
        set_fields(r, withheld->original);
    }
}

} // namespace sallyport::ngx
