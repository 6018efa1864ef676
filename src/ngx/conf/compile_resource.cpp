#include "ngx/conf/compile_resource.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"

namespace sallyport::ngx {
namespace {

using auth::Method;

void warn(ngx_conf_t* cf, const ResourceConf& resource, const std::string& fault) {
    ngx_log_error(NGX_LOG_WARN, cf->log, 0, "\"auth_resource\" directive %s in %V:%ui",
                  fault.c_str(), &resource.origin.file, resource.origin.line);
}

// Never the issuers of tenants: that would publish the list of customers.
std::vector<std::string> default_servers(const LocConf& conf) {
    std::vector<std::string> servers;
    if (conf.issuers != nullptr) {
        std::copy_if(conf.issuers->begin(), conf.issuers->end(), std::back_inserter(servers),
                     [](const std::string& issuer) { return !auth::identifier_fault(issuer); });
    }
    return servers;
}

// A client asks for offline_access if it wants a refresh token; resources do not need it.
std::vector<std::string> default_scopes(const auth::RoleMap* map) {
    std::vector<std::string> scopes = map != nullptr ? map->names() : std::vector<std::string>();
    scopes.erase(std::remove(scopes.begin(), scopes.end(), "offline_access"), scopes.end());
    return scopes;
}

void describe_tokens(const Policy& policy, auth::ResourceMetadata& metadata) {
    const MethodRules& tokens = policy.rules(Method::jwt);
    if (!tokens.on) {
        return;
    }
    metadata.reads_authorization = !tokens.is_read_elsewhere();
    const BindingKinds kinds = policy.binding_kinds;
    const bool is_required = policy.binding == Binding::required;
    const bool is_any = is_required && !kinds.exist();
    metadata.binds_to_certificate = kinds.mtls || is_any;
    if (kinds.dpop || is_any) {
        for (const std::string_view name : split(policy.dpop.algorithm_names, ' ')) {
            metadata.dpop_algorithms.emplace_back(name);
        }
    }
    metadata.requires_dpop = is_required && kinds.dpop && !kinds.mtls;
}

bool serves(const ServerResources::Entrance& entrance, const ResourceConf& resource) {
    const std::string path =
        std::string(auth::resource_well_known) + auth::metadata_path(resource.metadata.resource);
    return entrance.is_exact ? path == entrance.location : path.starts_with(entrance.location);
}

bool check_resource(ngx_conf_t* cf, const ServerResources& server, const ResourceConf& resource) {
    if (!resource.is_used) {
        conf_error(cf, resource.origin, "auth_resource",
                   "has no effect: auth_jwt is not switched on here");
        return false;
    }
    const auto is_for_it = [&](const auto& entrance) { return serves(entrance, resource); };
    if (std::none_of(server.entrances.begin(), server.entrances.end(), is_for_it)) {
        warn(cf, resource,
             "has metadata that no location of this server with \"auth_endpoint metadata\" "
             "serves, and clients look for it at " +
                 resource.metadata_uri);
    }
    return true;
}

} // namespace

ServerResources& resources_of_server(ngx_conf_t* cf) {
    return main_conf(cf)->resources[ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module)];
}

void add_resource(ngx_conf_t* cf, const LocConf& conf, Policy& policy) {
    if (conf.resource != nullptr && policy.rules(Method::jwt).on) {
        conf.resource->is_used = true;
        policy.metadata_uri = conf.resource->metadata_uri;
    }
    if (is_kind(conf.endpoint, EndpointKind::metadata)) {
        policy.documents = &resources_of_server(cf).documents;
    }
}

bool publish_resource(ngx_conf_t* cf, const LocConf& conf) {
    if (conf.resource == nullptr || conf.resource->level != &conf) {
        return true;
    }
    const ResourceConf& resource = *conf.resource;
    const Policy& policy = *conf.place.policy;
    if (resource.audience.value_or(false) && conf.audiences != nullptr) {
        conf_error(cf, resource.origin, "auth_resource",
                   "has \"audience on\", but auth_jwt_audience replaces the resource here");
        return false;
    }
    auth::ResourceMetadata metadata = resource.metadata;
    if (metadata.authorization_servers.empty()) {
        metadata.authorization_servers = default_servers(conf);
    }
    if (metadata.authorization_servers.empty()) {
        warn(cf, resource,
             "names no authorization server: add authorization_server, or auth_jwt_issuer with a "
             "URL");
    }
    if (metadata.scopes.empty()) {
        metadata.scopes = default_scopes(policy.scopes);
    }
    describe_tokens(policy, metadata);
    resources_of_server(cf).documents.publish(auth::metadata_path(metadata.resource),
                                              metadata.json());
    return true;
}

bool note_entrance(ngx_conf_t* cf, const LocConf& conf) {
    const auto* const core = static_cast<const ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    const std::string_view location = view(core->name);
#if (NGX_PCRE)
    if (core->regex != nullptr) {
        return false;
    }
#endif
    if (location != auth::resource_well_known &&
        !location.starts_with(std::string(auth::resource_well_known) + '/')) {
        return false;
    }
    resources_of_server(cf).entrances.push_back(
        {location, core->exact_match != 0, conf.endpoint_origin});
    return true;
}

bool check_resources(ngx_conf_t* cf) {
    for (const auto& [key, server] : main_conf(cf)->resources) {
        for (const ResourceConf* const resource : server.all) {
            if (!check_resource(cf, server, *resource)) {
                return false;
            }
        }
        if (server.all.empty() && !server.entrances.empty()) {
            conf_error(cf, server.entrances.front().origin, "auth_endpoint",
                       "has \"metadata\", but this server has no auth_resource");
            return false;
        }
    }
    return true;
}

} // namespace sallyport::ngx
