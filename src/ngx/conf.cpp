#include "ngx/conf.hpp"

#include "ngx/guard.hpp"
#include "ngx/key_sources.hpp"
#include "ngx/pool.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::string_view default_roles_claim = "roles";
constexpr std::string_view default_tenant_claim = "tenant_id";

const auth::RoleRule credential_is_enough;

template <typename T>
void inherit(T*& own, T* outer) noexcept {
    if (own == nullptr) {
        own = outer;
    }
}

bool sets_nothing(const LocConf& conf) noexcept {
    return conf.jwt == NGX_CONF_UNSET && conf.keys == nullptr && conf.algorithms == 0 &&
           conf.weak_keys == NGX_CONF_UNSET && conf.issuers == nullptr &&
           conf.audiences == nullptr && conf.leeway == NGX_CONF_UNSET &&
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
    ngx_conf_merge_value(conf.weak_keys, outer.weak_keys, 0);
    ngx_conf_merge_sec_value(conf.leeway, outer.leeway, 0);
    ngx_conf_merge_value(conf.require_exp, outer.require_exp, 0);
    ngx_conf_merge_uint_value(conf.error_body, outer.error_body, error_body_html);
}

jwt::ClaimPath path_or(const jwt::ClaimPath* configured, std::string_view otherwise) {
    return configured != nullptr ? *configured : *jwt::ClaimPath::parse(otherwise);
}

std::vector<std::string> names_or_none(const std::vector<std::string>* names) {
    return names != nullptr ? *names : std::vector<std::string>();
}

// Null when a key source cannot be used.
const Policy* compile(ngx_conf_t* cf, LocConf& conf) {
    std::shared_ptr<const KeySources> sources;
    if (conf.keys != nullptr) {
        const bool weak = conf.weak_keys != 0;
        sources =
            prepare_sources(cf, *conf.keys, weak ? jwt::WeakKeys::allowed : jwt::WeakKeys::refused);
        if (!sources) {
            return nullptr;
        }
    }
    return make<Policy>(
        cf->pool,
        Policy{
            .jwt = conf.jwt == 1,
            .realm = conf.realm,
            .token = conf.token,
            .sources = std::move(sources),
            .algorithms = conf.algorithms != 0 ? jwt::AlgorithmSet::from_bits(
                                                     static_cast<std::uint32_t>(conf.algorithms))
                                               : jwt::AlgorithmSet::all(),
            .claim_rules = {names_or_none(conf.issuers), names_or_none(conf.audiences), conf.leeway,
                            conf.require_exp == 1},
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
    if (conf.jwt == 1 && !conf.policy->sources) {
        conf_error(cf, conf.jwt_origin, "auth_jwt",
                   "has no keys here: add auth_jwt_key or auth_jwt_key_file");
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

KeyFile& MainConf::key_file(const KeyFileSpec& spec) {
    for (KeyFile& file : key_files) {
        if (file.spec() == spec) {
            return file;
        }
    }
    return key_files.emplace_back(spec);
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
    conf->weak_keys = NGX_CONF_UNSET;
    conf->leeway = NGX_CONF_UNSET;
    conf->require_exp = NGX_CONF_UNSET;
    conf->type = NGX_CONF_UNSET_UINT;
    conf->error_body = NGX_CONF_UNSET_UINT;
    return conf;
}

// The http level has nothing to be merged with, and so its own policy is made here.
char* init_main_conf(ngx_conf_t* cf, void*) noexcept {
    return guard(cf->log, "configuration", static_cast<char*>(NGX_CONF_ERROR), [&]() -> char* {
        auto& conf = *static_cast<LocConf*>(
            ngx_http_conf_get_module_loc_conf(cf, ngx_http_sallyport_module));
        const auto* const unset = static_cast<const LocConf*>(create_loc_conf(cf));
        if (unset == nullptr) {
            return static_cast<char*>(NGX_CONF_ERROR);
        }
        inherit_all(conf, *unset);
        conf.policy = compile(cf, conf);
        return static_cast<char*>(conf.policy != nullptr ? NGX_CONF_OK : NGX_CONF_ERROR);
    });
}

char* merge_loc_conf(ngx_conf_t* cf, void* parent, void* child) noexcept {
    return guard(cf->log, "configuration", static_cast<char*>(NGX_CONF_ERROR), [&]() -> char* {
        const auto& outer = *static_cast<const LocConf*>(parent);
        auto& conf = *static_cast<LocConf*>(child);
        const bool shared = sets_nothing(conf);
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
