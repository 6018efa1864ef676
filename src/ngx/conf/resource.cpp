#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "ngx/conf/compile_resource.hpp"
#include "ngx/conf/directives.hpp"
#include "ngx/conf/key_directives.hpp"
#include "json/jansson.hpp"

namespace sallyport::ngx {
namespace {

Wrong invalid_uri(std::string_view uri, const std::optional<std::string>& fault) {
    return fault ? Wrong("has an invalid URI " + in_quotes(uri) + ": " + *fault) : std::nullopt;
}

Wrong read_servers(ResourceConf& resource, Arguments arguments) {
    jwt::Names& servers = resource.metadata.authorization_servers;
    if (Wrong wrong = read_names(servers, arguments)) {
        return wrong;
    }
    for (const std::string& server : servers) {
        if (Wrong wrong = invalid_uri(server, auth::identifier_fault(server))) {
            return wrong;
        }
    }
    return std::nullopt;
}

Wrong read_scopes(ResourceConf& resource, Arguments arguments) {
    jwt::Names& scopes = resource.metadata.scopes;
    if (Wrong wrong = read_names(scopes, arguments)) {
        return wrong;
    }
    for (const std::string& scope : scopes) {
        if (!auth::is_scope(scope)) {
            return "has a character that scopes cannot have in scope " + in_quotes(scope);
        }
    }
    return std::nullopt;
}

Wrong read_title(ResourceConf& resource, Arguments arguments) {
    std::string& name = resource.metadata.name;
    if (!name.empty()) {
        return is_duplicate();
    }
    name = arguments[0];
    return is_name(name) && json::is_utf8(name) ? std::nullopt : Wrong("has an invalid name");
}

template <std::string auth::ResourceMetadata::*page>
Wrong read_page(ResourceConf& resource, Arguments arguments) {
    std::string& uri = resource.metadata.*page;
    if (!uri.empty()) {
        return is_duplicate();
    }
    uri = arguments[0];
    return invalid_uri(uri, auth::page_fault(uri));
}

Wrong read_audience(ResourceConf& resource, Arguments arguments) {
    if (resource.audience) {
        return is_duplicate();
    }
    if (arguments[0] != "on" && arguments[0] != "off") {
        return "has to be \"on\" or \"off\", not " + in_quotes(arguments[0]);
    }
    resource.audience = arguments[0] == "on";
    return std::nullopt;
}

// A directive that may occur in the block.
struct Line {
    std::string_view name;
    std::size_t most; // the maximum number of arguments
    Wrong (*read)(ResourceConf& resource, Arguments arguments);
};

constexpr std::size_t many = NGX_CONF_MAX_ARGS;

constexpr std::array lines{
    Line{"authorization_server", many, read_servers},
    Line{"scopes", many, read_scopes},
    Line{"name", 1, read_title},
    Line{"documentation", 1, read_page<&auth::ResourceMetadata::documentation>},
    Line{"policy", 1, read_page<&auth::ResourceMetadata::policy>},
    Line{"tos", 1, read_page<&auth::ResourceMetadata::terms>},
    Line{"audience", 1, read_audience},
};

Wrong read_line(ResourceConf& resource, std::string_view name, Arguments arguments) {
    const auto* const line = std::find_if(lines.begin(), lines.end(),
                                          [&](const Line& each) { return each.name == name; });
    if (line == lines.end()) {
        return "is unknown in this block";
    }
    if (arguments.size() < 1 || arguments.size() > line->most) {
        return "has an invalid number of arguments";
    }
    return line->read(resource, arguments);
}

Wrong read_resource_line(ngx_conf_t* cf, ResourceConf& resource) {
    const std::string name(view(*static_cast<ngx_str_t*>(cf->args->elts)));
    const Wrong wrong = read_line(resource, name, Arguments(cf));
    return wrong ? Wrong(in_quotes(name) + " in \"auth_resource\" " + *wrong) : std::nullopt;
}

// Two resources of a server cannot have their metadata at the same path.
Wrong add_to_server(ngx_conf_t* cf, ResourceConf& resource) {
    ServerResources& server = resources_of_server(cf);
    const std::string& uri = resource.metadata.resource;
    const std::string path = auth::metadata_path(uri);
    for (const ResourceConf* const other : server.all) {
        if (other->metadata.resource == uri) {
            return "has " + in_quotes(uri) + ", which another location of this server has too";
        }
    }
    if (!server.documents.reserve(path)) {
        return "has " + in_quotes(uri) + ", and another resource of this server has that path";
    }
    server.all.push_back(&resource);
    return std::nullopt;
}

} // namespace

Wrong set_auth_resource(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (conf.resource != nullptr) {
        return is_duplicate();
    }
    if (Wrong wrong = invalid_uri(arguments[0], auth::identifier_fault(arguments[0]))) {
        return wrong;
    }
    conf.resource = make<ResourceConf>(cf->pool);
    ResourceConf& resource = *conf.resource;
    resource.level = &conf;
    resource.origin = origin_of(cf);
    resource.metadata.resource = arguments[0];
    resource.metadata_uri = auth::metadata_uri(arguments[0]);
    if (Wrong wrong = add_to_server(cf, resource)) {
        return wrong;
    }
    const ngx_conf_t saved = *cf;
    cf->handler = line_callback<"auth_resource", ResourceConf, read_resource_line>;
    cf->handler_conf = reinterpret_cast<char*>(&resource);
    char* const outcome = ngx_conf_parse(cf, nullptr);
    *cf = saved;
    return outcome == NGX_CONF_OK ? std::nullopt : is_said();
}

} // namespace sallyport::ngx
