#include "ngx/access/variables.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <new>

#include "base/text.hpp"
#include "jwt/token_cache.hpp"
#include "ngx/access/decision_for_variables.hpp"
#include "ngx/access/explanation.hpp"
#include "ngx/access/lookup.hpp"
#include "ngx/access/refusal.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/pool.hpp"
#include "json/document.hpp"

namespace sallyport::ngx {
namespace {

using Value = ngx_http_variable_value_t;

ngx_int_t set(Value& v, std::string_view text) noexcept {
    const ngx_str_t borrowed = borrow(text);
    v.data = borrowed.data;
    v.len = static_cast<unsigned>(borrowed.len);
    v.valid = 1;
    v.no_cacheable = 0;
    v.not_found = text.empty() ? 1 : 0;
    return NGX_OK;
}

// Every variable about a decision gets its value here.
template <auto find = decision_for_variables, typename Text>
ngx_int_t tell(ngx_http_request_t* r, Value* v, Text&& text) noexcept {
    return guard(r->connection->log, "variable", ngx_int_t{NGX_ERROR}, [&] {
        const Decision* const decision = find(r);
        const bool decided = decision != nullptr && !decision->pending();
        return set(*v, decided ? text(*decision) : std::string_view());
    });
}

template <typename Text>
ngx_int_t tell_principal(ngx_http_request_t* r, Value* v, Text&& text) noexcept {
    return tell(r, v, [&](const Decision& decision) {
        const auth::Principal* const principal = decision.principal();
        return principal != nullptr && speaks_for(decision, r) ? text(*principal)
                                                               : std::string_view();
    });
}

// A claim as text. Values other than strings are written into the request's memory.
std::string_view text_of(ngx_http_request_t* r, const json::Element* value) {
    if (const auto string = json::string(value); string && !has_control(*string)) {
        return *string;
    }
    const std::string text = jwt::claim_text(value);
    return text.empty() ? std::string_view() : view(pool_copy(r->pool, text));
}

template <typename Text>
ngx_int_t tell_token(ngx_http_request_t* r, Value* v, Text&& text) noexcept {
    return tell(r, v, [&](const Decision& decision) {
        const jwt::VerifiedToken* const token = decision.token();
        return token != nullptr && speaks_for(decision, r) ? text(*token) : std::string_view();
    });
}

template <typename Find>
ngx_int_t tell_member(ngx_http_request_t* r, Value* v, TokenPart part, Find&& find) noexcept {
    return tell_token(r, v, [&](const jwt::VerifiedToken& token) {
        return text_of(r, find(part == TokenPart::header ? token.header() : token.payload()));
    });
}

ngx_int_t auth_method(ngx_http_request_t* r, Value* v, uintptr_t) noexcept {
    return tell(r, v, [&](const Decision& decision) {
        const bool told = decision.principal() != nullptr && speaks_for(decision, r);
        return told ? name(*decision.method()) : std::string_view();
    });
}

ngx_int_t auth_subject(ngx_http_request_t* r, Value* v, uintptr_t) noexcept {
    return tell_principal(r, v, [](const auth::Principal& p) { return p.subject; });
}

ngx_int_t auth_tenant(ngx_http_request_t* r, Value* v, uintptr_t) noexcept {
    return tell_principal(r, v, [](const auth::Principal& p) { return p.tenant; });
}

ngx_int_t auth_roles(ngx_http_request_t* r, Value* v, uintptr_t) noexcept {
    return tell_principal(r, v, [&](const auth::Principal& p) {
        return p.roles.empty() ? std::string_view() : view(pool_copy(r->pool, p.role_list()));
    });
}

ngx_int_t auth_scopes(ngx_http_request_t* r, Value* v, uintptr_t) noexcept {
    return tell(r, v, [&](const Decision& decision) {
        const jwt::VerifiedToken* const token = decision.token();
        if (token == nullptr || !speaks_for(decision, r)) {
            return std::string_view();
        }
        const auto scopes = auth::scopes_of(*token, decision.policy().scope_claims);
        return view(pool_copy(r->pool, auth::scope_list(scopes)));
    });
}

ngx_int_t auth_reason(ngx_http_request_t* r, Value* v, uintptr_t) noexcept {
    if (const NotedRefusal* const noted = noted_refusal(r->main)) {
        return set(*v, describe(noted->reason).name);
    }
    return tell<decision_for_reason>(r, v, [](const Decision& decision) {
        return decision.refusal() ? describe(*decision.refusal()).name : std::string_view();
    });
}

ngx_int_t auth_explanation(ngx_http_request_t* r, Value* v, uintptr_t) noexcept {
    if (const NotedRefusal* const noted = noted_refusal(r->main)) {
        return guard(r->connection->log, "variable", ngx_int_t{NGX_ERROR}, [&] {
            const std::string text = explain(r->main, noted->reason, noted->details);
            return set(*v, view(pool_copy(r->pool, text)));
        });
    }
    return tell<decision_for_reason>(r, v, [&](const Decision& decision) {
        return decision.refusal() ? view(pool_copy(r->pool, explain(decision.request(), decision)))
                                  : std::string_view();
    });
}

ngx_int_t jwt_payload(ngx_http_request_t* r, Value* v, uintptr_t) noexcept {
    return tell_token(r, v, [&](const jwt::VerifiedToken& token) {
        return view(pool_copy(r->pool, token.payload_text()));
    });
}

// Also before anybody is authenticated.
ngx_int_t jwt_nowtime(ngx_http_request_t* r, Value* v, uintptr_t) noexcept {
    return guard(r->connection->log, "variable", ngx_int_t{NGX_ERROR},
                 [&] { return set(*v, view(pool_copy(r->pool, std::to_string(ngx_time())))); });
}

ngx_int_t auth_cache(ngx_http_request_t* r, Value* v, uintptr_t) noexcept {
    // It does not describe the principal, so it is also set for refusals.
    return tell(r, v, [&](const Decision& decision) {
        const jwt::VerifiedToken* const token = decision.token();
        const bool on = token != nullptr && worker(r)->token_cache->max_bytes() > 0;
        return std::string_view(!on ? "" : token->was_known() ? "HIT" : "MISS");
    });
}

// Not cacheable: other subrequests share their variables with the main request.
template <std::string_view (Lookup::*part)() const noexcept>
ngx_int_t auth_lookup(ngx_http_request_t* r, Value* v, uintptr_t) noexcept {
    const Lookup* const lookup = Lookup::of(r);
    set(*v, lookup != nullptr ? (lookup->*part)() : std::string_view());
    v->no_cacheable = 1;
    return NGX_OK;
}

// nginx passes the whole name of a prefix variable.
std::string_view suffix(uintptr_t data, std::string_view prefix) noexcept {
    return view(*reinterpret_cast<const ngx_str_t*>(data)).substr(prefix.size());
}

constexpr std::string_view field_prefix = "http_";
constexpr std::string_view claim_prefix = "jwt_claim_";
constexpr std::string_view header_prefix = "jwt_header_";

// The location that evaluates a variable decides how names are read.
const json::Element* find_member(ngx_http_request_t* r, const json::Element* members,
                                 std::string_view name) noexcept {
    const jwt::NestedNames* const notation = policy_of(r)->nested_names;
    return notation != nullptr ? notation->find(members, name) : json::member(members, name);
}

ngx_int_t jwt_claim(ngx_http_request_t* r, Value* v, uintptr_t data) noexcept {
    return tell_member(r, v, TokenPart::payload, [&](const json::Element* payload) {
        return find_member(r, payload, suffix(data, claim_prefix));
    });
}

ngx_int_t jwt_header(ngx_http_request_t* r, Value* v, uintptr_t data) noexcept {
    return tell_member(r, v, TokenPart::header, [&](const json::Element* header) {
        return find_member(r, header, suffix(data, header_prefix));
    });
}

template <TokenPart part>
ngx_int_t token_member(ngx_http_request_t* r, Value* v, uintptr_t data) noexcept {
    return tell_member(r, v, part, [&](const json::Element* members) {
        return reinterpret_cast<const jwt::MemberNames*>(data)->find(members,
                                                                     policy_of(r)->nested_names);
    });
}

struct Variable {
    ngx_str_t name;
    ngx_http_get_variable_pt get;
    ngx_uint_t flags;
};

constexpr ngx_uint_t plain = NGX_HTTP_VAR_NOCACHEABLE;
constexpr ngx_uint_t prefix = NGX_HTTP_VAR_NOCACHEABLE | NGX_HTTP_VAR_PREFIX;

Variable variables[] = {
    {ngx_string("auth_method"), auth_method, plain},
    {ngx_string("auth_subject"), auth_subject, plain},
    {ngx_string("auth_tenant"), auth_tenant, plain},
    {ngx_string("auth_roles"), auth_roles, plain},
    {ngx_string("auth_scopes"), auth_scopes, plain},
    {ngx_string("auth_reason"), auth_reason, plain},
    {ngx_string("auth_explanation"), auth_explanation, plain},
    {ngx_string("auth_cache"), auth_cache, plain},
    {ngx_string("auth_lookup_user"), auth_lookup<&Lookup::user>, plain},
    {ngx_string("auth_lookup_secret"), auth_lookup<&Lookup::secret>, plain},
    {ngx_string("jwt_payload"), jwt_payload, plain},
    {ngx_string("jwt_claims"), jwt_payload, plain},
    {ngx_string("jwt_nowtime"), jwt_nowtime, plain},
    {ngx_string("jwt_claim_"), jwt_claim, prefix},
    {ngx_string("jwt_header_"), jwt_header, prefix},
};

bool is_ours(ngx_http_get_variable_pt get) noexcept {
    return get == token_member<TokenPart::header> || get == token_member<TokenPart::payload> ||
           std::any_of(std::begin(variables), std::end(variables),
                       [&](const Variable& variable) { return variable.get == get; });
}

} // namespace

ngx_int_t add_variables(ngx_conf_t* cf) noexcept {
    for (Variable& variable : variables) {
        ngx_http_variable_t* const added =
            ngx_http_add_variable(cf, &variable.name, variable.flags);
        if (added == nullptr) {
            return NGX_ERROR;
        }
        added->get_handler = variable.get;
    }
    return NGX_OK;
}

bool add_token_variable(ngx_conf_t* cf, ngx_str_t name, TokenPart part,
                        const jwt::MemberNames& member) {
    ngx_http_variable_t* const added = ngx_http_add_variable(cf, &name, plain);
    if (added == nullptr) {
        return false;
    }
    if (added->get_handler != nullptr || added->set_handler != nullptr) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "the variable \"%V\" already exists", &name);
        return false;
    }
    added->get_handler = part == TokenPart::header ? token_member<TokenPart::header>
                                                   : token_member<TokenPart::payload>;
    added->data = reinterpret_cast<uintptr_t>(&member);
    return true;
}

void note_variables(Worker& worker, const ngx_http_core_main_conf_t& core) {
    const auto* const indexed = static_cast<const ngx_http_variable_t*>(core.variables.elts);
    for (ngx_uint_t i = 0; i < core.variables.nelts; ++i) {
        if (is_ours(indexed[i].get_handler)) {
            worker.variables.push_back(i);
        } else if (const auto name = view(indexed[i].name); name.starts_with(field_prefix)) {
            worker.field_variables.emplace_back(name.substr(field_prefix.size()), i);
        }
    }
}

void forget_variables(ngx_http_request_t* r) noexcept {
    for (const ngx_uint_t i : worker(r)->variables) {
        r->variables[i].valid = 0;
        r->variables[i].not_found = 0;
    }
}

} // namespace sallyport::ngx
