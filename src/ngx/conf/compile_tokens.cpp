#include "ngx/conf/compile_tokens.hpp"

#include <algorithm>

#include "ngx/conf/compile_resource.hpp"
#include "ngx/endpoints/handler.hpp"
#include "ngx/runtime/background.hpp"
#include "ngx/sources/revocations.hpp"

namespace sallyport::ngx {
namespace {

using auth::Method;

bool accepts(const LocConf& conf) noexcept {
    return conf.tokens.accept.on == 1 && conf.method(Method::jwt).on == 1;
}

bool needs_issuer(const LocConf& conf) noexcept {
    return needs_store(conf.endpoint) || is_kind(conf.endpoint, EndpointKind::jwks) ||
           accepts(conf);
}

// A key used for both types would verify an access token as a refresh token, and vice versa.
bool share_a_key(const auth::SigningKeys& some, const auth::SigningKeys& others) {
    return std::any_of(some.begin(), some.end(), [&](const jwt::SigningKey& one) {
        return std::any_of(others.begin(), others.end(),
                           [&](const jwt::SigningKey& other) { return one.is_same_key(other); });
    });
}

TokenIssuerKey key_of(const TokenConf& conf) {
    return {conf.access_keys, conf.refresh_keys, view(conf.issuer), conf.audiences,
            conf.ttl,         conf.refresh_ttl,  conf.session_max,  conf.reuse_window};
}

std::shared_ptr<const auth::TokenIssuer> make_issuer(const TokenConf& conf) {
    const std::string issuer(view(conf.issuer));
    return std::make_shared<const auth::TokenIssuer>(
        auth::TokenTerms{issuer, conf.audiences != nullptr ? *conf.audiences : jwt::Names{issuer},
                         conf.ttl, conf.refresh_ttl, conf.session_max, conf.reuse_window},
        conf.access_keys->keys, conf.refresh_keys != nullptr ? conf.refresh_keys->keys : nullptr);
}

bool asks_for_role(const Policy& policy, std::string_view method) {
    using Rule = auth::RoleRule::Kind;
    const Rule kind = policy.roles != nullptr ? policy.roles->rule(method).kind : Rule::open;
    return kind == Rule::any || kind == Rule::all;
}

// Callers may use it without a role.
bool is_open(const Policy& policy, std::string_view method) {
    return !asks_for_role(policy, method) &&
           policy.roles->rule(method).kind != auth::RoleRule::Kind::closed;
}

const char* what_roles_lack(const Policy& policy) {
    switch (policy.endpoint->kind) {
    case EndpointKind::me:
    case EndpointKind::sessions:
        return nullptr;
    case EndpointKind::admin_sessions:
        return asks_for_role(policy, "GET") && asks_for_role(policy, "HEAD") &&
                       asks_for_role(policy, "DELETE")
                   ? nullptr
                   : "needs an auth_role_map in which GET and DELETE ask for a role";
    default:
        if (!asks_for_role(policy, "POST")) {
            return "needs an auth_role_map in which POST asks for a role";
        }
        return is_kind(policy.endpoint, EndpointKind::revoke) && is_open(policy, "DELETE")
                   ? "needs an auth_role_map in which DELETE asks for a role, or has no line"
                   : nullptr;
    }
}

bool limits_issuers(const Policy& policy) noexcept {
    const bool limits = !policy.issuers.empty() && !policy.audiences.empty();
    const auto limits_own = [&](const Tenant& tenant) {
        return (tenant.issuers || !policy.issuers.empty()) &&
               (tenant.audiences || !policy.audiences.empty());
    };
    return limits ||
           (!policy.sources && policy.tenants &&
            std::all_of(policy.tenants->all.begin(), policy.tenants->all.end(), limits_own));
}

// For logout tokens, whose keys, issuers and audiences are those of the location. Without an
// audience, those for another client of the provider would be accepted.
const char* what_logout_lacks(const Policy& policy, const MainConf& main) noexcept {
    if (!policy.sources && !policy.tenants) {
        return "needs auth_jwt_key_file, auth_jwt_key_request, auth_jwt_key or auth_tenant";
    }
    if (!limits_issuers(policy)) {
        return "needs auth_jwt_issuer and auth_jwt_audience";
    }
    return main.revocations && main.revocations->zone().exists() && main.store.address
               ? nullptr
               : "needs auth_revocation_zone and auth_token_store";
}

// For endpoints whose callers are authenticated.
const char* what_callers_lack(const Policy& policy) {
    if (!policy.is_on()) {
        return "needs an authenticated caller: no auth_jwt, auth_password or auth_api_key "
               "is switched on";
    }
    if (policy.mode != Mode::enforce) {
        return "needs auth_policy enforce";
    }
    return what_roles_lack(policy);
}

// The end of a sentence that begins with: "auth_endpoint" directive.
const char* what_is_missing(ngx_conf_t* cf, const LocConf& conf, const MainConf& main) {
    const Policy& policy = *conf.place.policy;
    if (is_kind(conf.endpoint, EndpointKind::metadata)) {
        return note_entrance(cf, conf) ? nullptr
                                       : "has \"metadata\", which has to be in location "
                                         "/.well-known/oauth-protected-resource";
    }
    if (is_kind(conf.endpoint, EndpointKind::status)) {
        return main.metrics ? nullptr : "needs auth_metrics_zone";
    }
    if (is_kind(conf.endpoint, EndpointKind::backchannel_logout)) {
        return what_logout_lacks(policy, main);
    }
    if (!policy.tokens && !is_kind(conf.endpoint, EndpointKind::me)) {
        return "needs auth_token_key and auth_token_issuer";
    }
    if (needs_store(conf.endpoint) && conf.tokens.refresh_keys == nullptr) {
        return "needs auth_token_refresh_key";
    }
    if (needs_store(conf.endpoint) && !main.store.address) {
        return "needs auth_token_store";
    }
    if (is_kind(conf.endpoint, EndpointKind::login) && !policy.is_on()) {
        return "needs auth_password or auth_api_key to be switched on";
    }
    return is_entrance(conf.endpoint) ? nullptr : what_callers_lack(policy);
}

} // namespace

bool add_tokens(ngx_conf_t* cf, const LocConf& conf, Policy& policy) {
    const TokenConf& tokens = conf.tokens;
    if (!needs_issuer(conf) || tokens.access_keys == nullptr || tokens.issuer.len == 0) {
        return true;
    }
    if (tokens.refresh_keys != nullptr) {
        if (share_a_key(*tokens.access_keys->keys, *tokens.refresh_keys->keys)) {
            conf_error(cf, tokens.refresh_keys->origin, "auth_token_refresh_key",
                       "has a key that auth_token_key uses too");
            return false;
        }
        if (tokens.ttl > tokens.refresh_ttl) {
            conf_error(cf, tokens.access_keys->origin, "auth_token_key",
                       "is for tokens that would outlive refresh tokens: auth_token_ttl is "
                       "longer than auth_token_refresh_ttl");
            return false;
        }
    }
    auto& issuer = main_conf(cf)->token_issuers[key_of(tokens)];
    if (!issuer) {
        issuer = make_issuer(tokens);
    }
    policy.tokens = issuer;
    policy.accepts_tokens = accepts(conf);
    const auth::PrincipalClaims& claims = policy.tokens->principal_claims();
    policy.own_claims.emplace(claims.roles(), claims.tenant(), policy.principal_claims.scopes());
    return !needs_store(conf.endpoint) || want_threads(cf);
}

bool check_endpoint(ngx_conf_t* cf, const LocConf& conf) {
    if (conf.endpoint != nullptr) {
        // Entrances are open to everyone, and so would be another content handler in the same
        // location.
        const auto* const core = static_cast<const ngx_http_core_loc_conf_t*>(
            ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
        if (core->handler != endpoint_handler) {
            conf_error(cf, conf.endpoint_origin, "auth_endpoint", has_rival);
            return false;
        }
        if (const char* const missing = what_is_missing(cf, conf, *main_conf(cf))) {
            conf_error(cf, conf.endpoint_origin, "auth_endpoint", missing);
            return false;
        }
        const Policy& policy = *conf.place.policy;
        if (is_kind(conf.endpoint, EndpointKind::status) &&
            (!policy.guards() || policy.mode != Mode::enforce)) {
            auto** const location = static_cast<ngx_http_conf_ctx_t*>(cf->ctx)->loc_conf;
            main_conf(cf)->open_status.emplace_back(location, conf.endpoint_origin);
        }
    }
    if (accepts(conf) && !conf.place.policy->tokens) {
        conf_error(cf, conf.tokens.accept.origin, "auth_token_accept",
                   "needs auth_token_key and auth_token_issuer");
        return false;
    }
    return true;
}

} // namespace sallyport::ngx
