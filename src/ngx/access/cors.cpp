#include "ngx/access/cors.hpp"

#include <algorithm>
#include <string>

#include "ngx/access/refusal.hpp"
#include "ngx/runtime/request.hpp"

namespace sallyport::ngx {
namespace {

// The field's value; empty if there is no such field, or more than one.
std::string_view only_value(ngx_http_request_t* r, std::string_view lower_case_name) noexcept {
    auto* const name = reinterpret_cast<u_char*>(const_cast<char*>(lower_case_name.data()));
    std::string_view value;
    int count = 0;
    each_field(r, lower_case_name, ngx_hash_key(name, lower_case_name.size()),
               [&](const ngx_table_elt_t& field) {
                   value = view(field.value);
                   return ++count == 1;
               });
    return count == 1 ? value : std::string_view();
}

// The request's origin; empty if it is not listed.
std::string_view listed_origin(ngx_http_request_t* r, const Policy& policy) noexcept {
    const auto& listed = *policy.cors_origins;
    const std::string_view origin = only_value(r, "origin");
    return std::find(listed.begin(), listed.end(), origin) != listed.end() ? origin
                                                                           : std::string_view();
}

bool allows_any(const Policy& policy) noexcept {
    return policy.cors_origins != nullptr && !policy.cors_origins->empty();
}

} // namespace

bool is_preflight(ngx_http_request_t* r, const Policy& policy) noexcept {
    return allows_any(policy) && r->method == NGX_HTTP_OPTIONS && r == r->main &&
           !only_value(r, "access-control-request-method").empty() &&
           !listed_origin(r, policy).empty();
}

void answer_preflight(ngx_http_request_t* r, const Policy& policy, std::string_view methods) {
    std::string fields = "Authorization, Content-Type, DPoP";
    if (const auto own = policy.rules(auth::Method::api_key).header; !own.empty()) {
        fields += ", " + std::string(own);
    }
    add_header(r, "Access-Control-Allow-Methods", methods);
    add_header(r, "Access-Control-Allow-Headers", fields);
    add_header(r, "Access-Control-Max-Age", "600");
}

void add_cors_fields(ngx_http_request_t* r, const Policy& policy) {
    if (is_kind(policy.endpoint, EndpointKind::metadata)) {
        add_header(r, "Access-Control-Allow-Origin", "*");
        return;
    }
    if (!allows_any(policy)) {
        return;
    }
    add_header(r, "Vary", "Origin");
    if (const auto origin = listed_origin(r, policy); !origin.empty()) {
        add_header(r, "Access-Control-Allow-Origin", origin);
        add_header(r, "Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce");
    }
}

} // namespace sallyport::ngx
