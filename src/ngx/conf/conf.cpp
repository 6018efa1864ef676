#include "ngx/conf/conf.hpp"

#include <type_traits>

#include "auth/credential_cache.hpp"
#include "jwt/dpop_proof.hpp"
#include "jwt/token_cache.hpp"
#include "ngx/access/slow_hashes.hpp"
#include "ngx/conf/compile_keys.hpp"
#include "ngx/conf/compile_policy.hpp"
#include "ngx/conf/compile_resource.hpp"
#include "ngx/conf/slots.hpp"
#include "ngx/endpoints/handler.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/sources/fetched_keys.hpp"

namespace sallyport::ngx {
namespace {

// All slots but the endpoint are inherited.
bool sets_nothing(const LocConf& conf) noexcept {
    bool nothing = conf.endpoint == nullptr;
    each_slot(conf, conf, [&](const auto& own, const auto&, const auto&) {
        nothing = nothing && !is_set(own);
    });
    return nothing;
}

void inherit_all(LocConf& conf, const LocConf& outer) noexcept {
    each_slot(conf, outer, [](auto& own, const auto& theirs, const auto& otherwise) {
        if (!is_set(own)) {
            own = is_set(theirs) ? theirs : static_cast<std::decay_t<decltype(own)>>(otherwise);
        }
    });
}

jwt::WeakKeys weak_keys(const LocConf& conf) noexcept {
    return conf.weak_keys == 1 ? jwt::WeakKeys::allowed : jwt::WeakKeys::refused;
}

// nginx creates a location of its own for each block of "if" and "limit_except", although they
// belong to their location.
void inherit_endpoint(ngx_conf_t* cf, LocConf& conf, const LocConf& outer) noexcept {
    auto* const core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (core->noname && outer.endpoint != nullptr && core->handler == nullptr) {
        conf.endpoint = outer.endpoint;
        conf.endpoint_origin = outer.endpoint_origin;
        core->handler = endpoint_handler;
    }
}

// The level of a server block itself only serves requests for which there is no location. What is
// missing there may be set in its locations.
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
    slow_hashes = std::make_shared<SlowHashes>();
    proof_keys = std::make_shared<jwt::ProofKeys>();
}

void* create_main_conf(ngx_conf_t* cf) {
    return static_cast<Worker*>(make<MainConf>(cf->pool));
}

void* create_loc_conf(ngx_conf_t* cf) noexcept {
    auto* const conf = static_cast<LocConf*>(ngx_pcalloc(cf->pool, sizeof(LocConf)));
    if (conf == nullptr) {
        return nullptr;
    }
    each_slot(*conf, *conf, [](auto& own, const auto&, const auto&) {
        own = unset<std::decay_t<decltype(own)>>();
    });
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

// Nothing is merged into the http level, and it serves no requests, so it has no policy.
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

// By default nginx discards such header fields.
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

bool merge_loc_conf(ngx_conf_t* cf, const LocConf& outer, LocConf& conf) {
    inherit_endpoint(cf, conf, outer);
    const bool has_own_keys = is_set(conf.method(auth::Method::api_key));
    const bool is_server = outer.place.policy == nullptr;
    // Nested locations of an endpoint's location are guarded, although the endpoint itself is not.
    const bool shared =
        sets_nothing(conf) && outer.place.policy != nullptr && outer.endpoint == nullptr;
    inherit_all(conf, outer);
    if (has_own_keys || is_server) {
        warn_of_underscore(cf, conf.method(auth::Method::api_key));
    }
    conf.place.policy = shared ? outer.place.policy : compile_policy(cf, conf);
    return conf.place.policy != nullptr && (!is_location(cf) || check_location(cf, conf)) &&
           publish_resource(cf, conf);
}

} // namespace sallyport::ngx
