#include "ngx/conf/conf.hpp"

#include <algorithm>
#include <iterator>

#include "auth/credential_cache.hpp"
#include "jwt/token_cache.hpp"
#include "ngx/access/slow_hashes.hpp"
#include "ngx/conf/compile_keys.hpp"
#include "ngx/conf/compile_policy.hpp"
#include "ngx/endpoints/endpoint.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/sources/fetched_keys.hpp"

namespace sallyport::ngx {
namespace {

constexpr ngx_msec_t default_key_cache = 0;
constexpr ngx_msec_t default_key_stale = 3'600'000;
constexpr ngx_msec_t default_credential_cache = 60'000;
constexpr time_t default_ttl = 900;
constexpr time_t default_refresh_ttl = 172'800;
constexpr time_t default_session_max = 2'592'000;

template <typename T>
void inherit(T*& own, T* outer) noexcept {
    if (own == nullptr) {
        own = outer;
    }
}

bool sets_nothing(const TokenConf& conf) noexcept {
    return conf.access_keys == nullptr && conf.refresh_keys == nullptr && conf.issuer.len == 0 &&
           conf.audiences == nullptr && conf.claims == nullptr && conf.ttl == NGX_CONF_UNSET &&
           conf.refresh_ttl == NGX_CONF_UNSET && conf.session_max == NGX_CONF_UNSET &&
           conf.reuse_window == NGX_CONF_UNSET && conf.accept == NGX_CONF_UNSET;
}

bool sets_nothing(const LocConf& conf) noexcept {
    const auto unset = [](const MethodConf& method) { return method.on == NGX_CONF_UNSET; };
    return std::all_of(std::begin(conf.methods), std::end(conf.methods), unset) &&
           conf.mode == NGX_CONF_UNSET_UINT && !conf.passwords.is_set() &&
           conf.plain_passwords == NGX_CONF_UNSET && !conf.api_keys.is_set() &&
           conf.credential_cache == NGX_CONF_UNSET_MSEC && conf.keys == nullptr &&
           conf.key_cache == NGX_CONF_UNSET_MSEC && conf.key_stale == NGX_CONF_UNSET_MSEC &&
           conf.tenants == nullptr && conf.algorithms == 0 && conf.weak_keys == NGX_CONF_UNSET &&
           conf.issuers == nullptr && conf.audiences == nullptr && conf.leeway == NGX_CONF_UNSET &&
           conf.require_exp == NGX_CONF_UNSET && conf.binding == NGX_CONF_UNSET_UINT &&
           conf.requirements == nullptr && conf.roles_claim == nullptr &&
           conf.role_map == nullptr && conf.tenant_claim == nullptr &&
           conf.expected_tenant == nullptr && conf.error_body == NGX_CONF_UNSET_UINT &&
           conf.log_level == NGX_CONF_UNSET_UINT &&
           conf.password_challenge == NGX_CONF_UNSET_UINT && conf.audit_is_set == NGX_CONF_UNSET &&
           conf.endpoint == EndpointKind::none && conf.cors_origins == nullptr &&
           sets_nothing(conf.tokens);
}

void inherit_tokens(TokenConf& conf, const TokenConf& outer) noexcept {
    inherit(conf.access_keys, outer.access_keys);
    inherit(conf.refresh_keys, outer.refresh_keys);
    inherit(conf.audiences, outer.audiences);
    inherit(conf.claims, outer.claims);
    if (conf.issuer.len == 0) {
        conf.issuer = outer.issuer;
    }
    ngx_conf_merge_sec_value(conf.ttl, outer.ttl, default_ttl);
    ngx_conf_merge_sec_value(conf.refresh_ttl, outer.refresh_ttl, default_refresh_ttl);
    ngx_conf_merge_sec_value(conf.session_max, outer.session_max, default_session_max);
    ngx_conf_merge_sec_value(conf.reuse_window, outer.reuse_window, 0);
    if (conf.accept == NGX_CONF_UNSET) {
        conf.accept_origin = outer.accept_origin;
    }
    ngx_conf_merge_value(conf.accept, outer.accept, 0);
}

// How answers look, and what is written down.
void inherit_answers(LocConf& conf, const LocConf& outer) noexcept {
    ngx_conf_merge_uint_value(conf.error_body, outer.error_body, error_body_html);
    ngx_conf_merge_uint_value(conf.log_level, outer.log_level, NGX_LOG_INFO);
    ngx_conf_merge_uint_value(conf.password_challenge, outer.password_challenge,
                              password_challenge_basic);
    if (conf.audit_is_set == NGX_CONF_UNSET) {
        conf.audit_log = outer.audit_log;
        conf.audit_is_set = outer.audit_is_set;
    }
    inherit(conf.cors_origins, outer.cors_origins);
}

void inherit_all(LocConf& conf, const LocConf& outer) noexcept {
    for (std::size_t i = 0; i < std::size(conf.methods); ++i) {
        if (conf.methods[i].on == NGX_CONF_UNSET) {
            conf.methods[i] = outer.methods[i];
        }
    }
    if (!conf.passwords.is_set()) {
        conf.passwords = outer.passwords;
    }
    if (!conf.api_keys.is_set()) {
        conf.api_keys = outer.api_keys;
    }
    ngx_conf_merge_uint_value(conf.mode, outer.mode, static_cast<ngx_uint_t>(Mode::enforce));
    ngx_conf_merge_value(conf.plain_passwords, outer.plain_passwords, 0);
    ngx_conf_merge_msec_value(conf.credential_cache, outer.credential_cache,
                              default_credential_cache);
    inherit(conf.keys, outer.keys);
    inherit(conf.tenants, outer.tenants);
    inherit(conf.issuers, outer.issuers);
    inherit(conf.audiences, outer.audiences);
    inherit(conf.requirements, outer.requirements);
    inherit(conf.roles_claim, outer.roles_claim);
    inherit(conf.role_map, outer.role_map);
    inherit(conf.tenant_claim, outer.tenant_claim);
    inherit(conf.expected_tenant, outer.expected_tenant);
    if (conf.algorithms == 0) {
        conf.algorithms = outer.algorithms;
    }
    ngx_conf_merge_msec_value(conf.key_cache, outer.key_cache, default_key_cache);
    ngx_conf_merge_msec_value(conf.key_stale, outer.key_stale, default_key_stale);
    ngx_conf_merge_value(conf.weak_keys, outer.weak_keys, 0);
    ngx_conf_merge_sec_value(conf.leeway, outer.leeway, 0);
    ngx_conf_merge_value(conf.require_exp, outer.require_exp, 0);
    ngx_conf_merge_uint_value(conf.binding, outer.binding, binding_optional);
    inherit_answers(conf, outer);
    inherit_tokens(conf.tokens, outer.tokens);
}

jwt::WeakKeys weak_keys(const LocConf& conf) noexcept {
    return conf.weak_keys == 1 ? jwt::WeakKeys::allowed : jwt::WeakKeys::refused;
}

// A block of "if" or "limit_except" is a part of its location, which nginx makes a location of its
// own.
void inherit_endpoint(ngx_conf_t* cf, LocConf& conf, const LocConf& outer) noexcept {
    auto* const core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (core->noname && outer.endpoint != EndpointKind::none && core->handler == nullptr) {
        conf.endpoint = outer.endpoint;
        conf.endpoint_origin = outer.endpoint_origin;
        core->handler = endpoint_handler;
    }
}

// A server block's own level serves requests only where no location matches; what is missing
// there may be given in its locations.
bool is_location(ngx_conf_t* cf) noexcept {
    const auto* const core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    return core->name.len > 0;
}

} // namespace

MainConf::MainConf() {
    named_key_files = std::make_shared<NamedKeyFiles>();
    fetched_keys = std::make_shared<FetchedKeySets>();
    credential_cache = std::make_shared<auth::CredentialCache>();
    token_cache = std::make_shared<jwt::TokenCache>(default_token_cache_bytes);
    slow_checks = std::make_shared<SlowChecks>();
}

void* create_main_conf(ngx_conf_t* cf) noexcept {
    return guard(cf->log, "main configuration", static_cast<void*>(nullptr),
                 [&]() -> void* { return static_cast<Worker*>(make<MainConf>(cf->pool)); });
}

void* create_loc_conf(ngx_conf_t* cf) noexcept {
    auto* const conf = static_cast<LocConf*>(ngx_pcalloc(cf->pool, sizeof(LocConf)));
    if (conf == nullptr) {
        return nullptr;
    }
    for (MethodConf& method : conf->methods) {
        method.on = NGX_CONF_UNSET;
    }
    conf->mode = NGX_CONF_UNSET_UINT;
    conf->plain_passwords = NGX_CONF_UNSET;
    conf->credential_cache = NGX_CONF_UNSET_MSEC;
    conf->key_cache = NGX_CONF_UNSET_MSEC;
    conf->key_stale = NGX_CONF_UNSET_MSEC;
    conf->weak_keys = NGX_CONF_UNSET;
    conf->leeway = NGX_CONF_UNSET;
    conf->require_exp = NGX_CONF_UNSET;
    conf->binding = NGX_CONF_UNSET_UINT;
    conf->type = NGX_CONF_UNSET_UINT;
    conf->error_body = NGX_CONF_UNSET_UINT;
    conf->log_level = NGX_CONF_UNSET_UINT;
    conf->password_challenge = NGX_CONF_UNSET_UINT;
    conf->audit_is_set = NGX_CONF_UNSET;
    TokenConf& tokens = conf->tokens;
    tokens.ttl = tokens.refresh_ttl = tokens.session_max = tokens.reuse_window = NGX_CONF_UNSET;
    tokens.accept = NGX_CONF_UNSET;
    return conf;
}

bool check_unused_keys(ngx_conf_t* cf) {
    for (const LocConf* const conf : main_conf(cf)->with_keys) {
        KeyDirectives* const keys = conf->keys;
        if (keys != nullptr && !keys->strong_only && !keys->with_weak &&
            !prepare_sources(cf, *keys, weak_keys(*conf))) {
            return false;
        }
        TenantDirectives* const tenants = conf->tenants;
        if (tenants != nullptr && !tenants->strong_only && !tenants->with_weak &&
            !prepare_tenants(cf, *tenants, weak_keys(*conf))) {
            return false;
        }
    }
    return true;
}

// The http level has nothing to be merged with. No request is served there, so it has no policy.
char* init_main_conf(ngx_conf_t* cf, void*) noexcept {
    auto& conf =
        *static_cast<LocConf*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_sallyport_module));
    const auto* const unset = static_cast<const LocConf*>(create_loc_conf(cf));
    if (unset == nullptr) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    inherit_all(conf, *unset);
    return static_cast<char*>(NGX_CONF_OK);
}

// nginx drops such a field of a request before anybody sees it.
void warn_of_underscore(ngx_conf_t* cf, const MethodConf& keys) noexcept {
    const auto* const core = static_cast<const ngx_http_core_srv_conf_t*>(
        ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module));
    if (view(keys.header).find('_') != std::string_view::npos &&
        core->underscores_in_headers == 0 && core->ignore_invalid_headers != 0) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"auth_api_key\" directive has \"header=%V\", which nginx ignores in "
                      "requests unless \"underscores_in_headers\" is on, in %V:%ui",
                      &keys.header, &keys.origin.file, keys.origin.line);
    }
}

char* merge_loc_conf(ngx_conf_t* cf, void* parent, void* child) noexcept {
    return guard(cf->log, "configuration", static_cast<char*>(NGX_CONF_ERROR), [&]() -> char* {
        const auto& outer = *static_cast<const LocConf*>(parent);
        auto& conf = *static_cast<LocConf*>(child);
        inherit_endpoint(cf, conf, outer);
        const bool has_own_keys = conf.method(auth::Method::api_key).on != NGX_CONF_UNSET;
        const bool is_server = outer.place.policy == nullptr;
        // What an endpoint's location holds beside it is guarded, though it is not.
        const bool shared = sets_nothing(conf) && outer.place.policy != nullptr &&
                            outer.endpoint == EndpointKind::none;
        inherit_all(conf, outer);
        if (has_own_keys || is_server) {
            warn_of_underscore(cf, conf.method(auth::Method::api_key));
        }
        conf.place.policy = shared ? outer.place.policy : compile_policy(cf, conf);
        const bool good =
            conf.place.policy != nullptr && (!is_location(cf) || check_location(cf, conf));
        return static_cast<char*>(good ? NGX_CONF_OK : NGX_CONF_ERROR);
    });
}

} // namespace sallyport::ngx
