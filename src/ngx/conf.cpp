#include "ngx/conf.hpp"

#include "ngx/guard.hpp"
#include "ngx/key_sources.hpp"
#include "ngx/pool.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::string_view default_roles_claim = "roles";
constexpr std::string_view default_tenant_claim = "tenant_id";

constexpr ngx_msec_t default_key_cache = 0;
constexpr ngx_msec_t default_key_stale = 3'600'000;

const auth::RoleRule credential_is_enough;

template <typename T>
void inherit(T*& own, T* outer) noexcept {
    if (own == nullptr) {
        own = outer;
    }
}

bool sets_nothing(const LocConf& conf) noexcept {
    return conf.jwt == NGX_CONF_UNSET && conf.keys == nullptr &&
           conf.key_cache == NGX_CONF_UNSET_MSEC && conf.key_stale == NGX_CONF_UNSET_MSEC &&
           conf.tenants == nullptr && conf.algorithms == 0 && conf.weak_keys == NGX_CONF_UNSET &&
           conf.issuers == nullptr && conf.audiences == nullptr && conf.leeway == NGX_CONF_UNSET &&
           conf.require_exp == NGX_CONF_UNSET && conf.requirements == nullptr &&
           conf.roles_claim == nullptr && conf.role_map == nullptr &&
           conf.tenant_claim == nullptr && conf.expected_tenant == nullptr &&
           conf.error_body == NGX_CONF_UNSET_UINT;
}

void inherit_all(LocConf& conf, const LocConf& outer) noexcept {
    if (conf.jwt == NGX_CONF_UNSET) {
        conf.jwt = outer.jwt;
        conf.realm = outer.realm;
        conf.token = outer.token;
        conf.jwt_origin = outer.jwt_origin;
    }
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
    ngx_conf_merge_uint_value(conf.error_body, outer.error_body, error_body_html);
}

jwt::ClaimPath path_or(const jwt::ClaimPath* configured, std::string_view otherwise) {
    return configured != nullptr ? *configured : *jwt::ClaimPath::parse(otherwise);
}

jwt::Names names_or_none(const jwt::Names* names) {
    return names != nullptr ? *names : jwt::Names();
}

jwt::WeakKeys weak_keys(const LocConf& conf) noexcept {
    return conf.weak_keys == 1 ? jwt::WeakKeys::allowed : jwt::WeakKeys::refused;
}

// Null when a key source cannot be used.
const Policy* compile(ngx_conf_t* cf, LocConf& conf) {
    std::shared_ptr<const KeySources> sources;
    std::shared_ptr<const Tenants> tenants;
    if (conf.jwt == 1 && conf.keys != nullptr) {
        sources = prepare_sources(cf, *conf.keys, weak_keys(conf));
    }
    if (conf.jwt == 1 && conf.tenants != nullptr) {
        tenants = prepare_tenants(cf, *conf.tenants, weak_keys(conf));
    }
    if (conf.jwt == 1 &&
        ((conf.keys != nullptr && !sources) || (conf.tenants != nullptr && !tenants))) {
        return nullptr;
    }
    return make<Policy>(cf->pool,
                        Policy{
                            .jwt = conf.jwt == 1,
                            .realm = conf.realm,
                            .token = conf.token,
                            .sources = std::move(sources),
                            .tenants = std::move(tenants),
                            .key_times = {conf.key_cache, conf.key_stale},
                            .algorithms = conf.algorithms != 0
                                              ? jwt::AlgorithmSet::from_bits(
                                                    static_cast<std::uint32_t>(conf.algorithms))
                                              : jwt::AlgorithmSet::all(),
                            .issuers = names_or_none(conf.issuers),
                            .audiences = names_or_none(conf.audiences),
                            .claim_times = {conf.leeway, conf.require_exp == 1},
                            .requirements = conf.requirements,
                            .principal_claims = {path_or(conf.roles_claim, default_roles_claim),
                                                 path_or(conf.tenant_claim, default_tenant_claim)},
                            .roles = conf.role_map,
                            .expected_tenant = conf.expected_tenant,
                            .json_errors = conf.error_body == error_body_json,
                        });
}

// A server block's own level serves requests only where no location matches; what is missing
// there may be given in its locations.
bool is_location(ngx_conf_t* cf) noexcept {
    const auto* const core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    return core->name.len > 0;
}

bool check_location(ngx_conf_t* cf, const LocConf& conf) {
    if (conf.jwt == 1 && !conf.policy->sources && !conf.policy->tenants) {
        conf_error(cf, conf.jwt_origin, "auth_jwt",
                   "has no keys here: add auth_jwt_key, auth_jwt_key_file, auth_jwt_key_request or "
                   "auth_tenant");
        return false;
    }
    if (conf.jwt != 1 && conf.has_own_role_map) {
        conf_error(cf, conf.role_map_origin, "auth_role_map",
                   "guards nothing: no auth_jwt is switched on here");
        return false;
    }
    return true;
}

} // namespace

Origin origin_of(ngx_conf_t* cf) noexcept {
    if (cf->conf_file == nullptr) {
        return {};
    }
    return {cf->conf_file->file.name, cf->conf_file->line};
}

void conf_error(ngx_conf_t* cf, const Origin& origin, const char* directive,
                const std::string& reason) noexcept {
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "\"%s\" directive %s in %V:%ui", directive,
                  reason.c_str(), &origin.file, origin.line);
}

void* create_main_conf(ngx_conf_t* cf) noexcept {
    return guard(cf->log, "main configuration", static_cast<void*>(nullptr),
                 [&]() -> void* { return make<MainConf>(cf->pool); });
}

void* create_loc_conf(ngx_conf_t* cf) noexcept {
    auto* const conf = static_cast<LocConf*>(ngx_pcalloc(cf->pool, sizeof(LocConf)));
    if (conf == nullptr) {
        return nullptr;
    }
    conf->jwt = NGX_CONF_UNSET;
    conf->key_cache = NGX_CONF_UNSET_MSEC;
    conf->key_stale = NGX_CONF_UNSET_MSEC;
    conf->weak_keys = NGX_CONF_UNSET;
    conf->leeway = NGX_CONF_UNSET;
    conf->require_exp = NGX_CONF_UNSET;
    conf->type = NGX_CONF_UNSET_UINT;
    conf->error_body = NGX_CONF_UNSET_UINT;
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

char* merge_loc_conf(ngx_conf_t* cf, void* parent, void* child) noexcept {
    return guard(cf->log, "configuration", static_cast<char*>(NGX_CONF_ERROR), [&]() -> char* {
        const auto& outer = *static_cast<const LocConf*>(parent);
        auto& conf = *static_cast<LocConf*>(child);
        const bool shared = sets_nothing(conf) && outer.policy != nullptr;
        inherit_all(conf, outer);
        conf.policy = shared ? outer.policy : compile(cf, conf);
        const bool good = conf.policy != nullptr && (!is_location(cf) || check_location(cf, conf));
        return static_cast<char*>(good ? NGX_CONF_OK : NGX_CONF_ERROR);
    });
}

const auth::RoleRule& Policy::rule(ngx_http_request_t* r) const noexcept {
    return roles != nullptr ? roles->rule(view(r->method_name)) : credential_is_enough;
}

} // namespace sallyport::ngx
