#include "ngx/conf/directives.hpp"

#include "base/text.hpp"

namespace sallyport::ngx {
namespace {

Wrong set_path(ngx_conf_t* cf, jwt::ClaimPath*& path, std::string_view text) {
    if (path != nullptr) {
        return is_duplicate();
    }
    auto parsed = jwt::ClaimPath::parse(text);
    if (!parsed) {
        return "has a path " + in_quotes(text) + " that " + parsed.error();
    }
    path = make<jwt::ClaimPath>(cf->pool, std::move(*parsed));
    return std::nullopt;
}

Wrong add_line(ngx_conf_t* cf, auth::RoleMap& map, const char* directive) {
    std::vector<std::string_view> words;
    for (ngx_uint_t i = 0; i < cf->args->nelts; ++i) {
        words.push_back(view(static_cast<ngx_str_t*>(cf->args->elts)[i]));
    }
    const auto wrong = map.add(words);
    return wrong ? Wrong(in_quotes(directive) + " directive has " + *wrong) : std::nullopt;
}

Wrong read_role_map_line(ngx_conf_t* cf, auth::RoleMap& map) {
    return add_line(cf, map, "auth_role_map");
}

Wrong read_scope_map_line(ngx_conf_t* cf, auth::RoleMap& map) {
    return add_line(cf, map, "auth_scope_map");
}

using ReadLine = char* (*)(ngx_conf_t*, ngx_command_t*, void*);

// Reads the lines of the block that has begun.
Wrong read_map(ngx_conf_t* cf, auth::RoleMap& map, ReadLine read_line) {
    const ngx_conf_t saved = *cf;
    cf->handler = read_line;
    cf->handler_conf = reinterpret_cast<char*>(&map);
    char* const outcome = ngx_conf_parse(cf, nullptr);
    *cf = saved;
    if (outcome != NGX_CONF_OK) {
        return is_said();
    }
    return map.empty() ? Wrong("is empty") : std::nullopt;
}

} // namespace

Wrong set_auth_roles_claim(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return set_path(cf, conf.roles_claim, arguments[0]);
}

Wrong set_auth_tenant_claim(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return set_path(cf, conf.tenant_claim, arguments[0]);
}

Wrong set_auth_tenant_expect(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (conf.expected_tenant != nullptr) {
        return is_duplicate();
    }
    if (arguments[0].empty()) {
        return "has an empty name";
    }
    conf.expected_tenant = compile_value(cf, arguments.raw(0));
    if (conf.expected_tenant == nullptr) {
        return is_said();
    }
    const bool constant = conf.expected_tenant->lengths == nullptr;
    return constant && !is_name(view(conf.expected_tenant->value))
               ? Wrong("has an invalid tenant name: " + in_quotes(arguments[0]))
               : std::nullopt;
}

Wrong set_auth_role_map(ngx_conf_t* cf, LocConf& conf, Arguments) {
    if (conf.role_map != nullptr) {
        return is_duplicate();
    }
    conf.role_map = make<auth::RoleMap>(cf->pool);
    conf.role_map_origin = origin_of(cf);
    conf.has_own_role_map = (cf->cmd_type & NGX_HTTP_LOC_CONF) != 0;
    return read_map(cf, *conf.role_map,
                    line_callback<"auth_role_map", auth::RoleMap, read_role_map_line>);
}

Wrong set_auth_scope_map(ngx_conf_t* cf, LocConf& conf, Arguments) {
    if (conf.scope_map != nullptr) {
        return is_duplicate();
    }
    conf.scope_map = make<auth::RoleMap>(cf->pool, auth::RoleMap::Of::scopes);
    conf.scope_map_origin = origin_of(cf);
    conf.has_own_scope_map = (cf->cmd_type & NGX_HTTP_LOC_CONF) != 0;
    return read_map(cf, *conf.scope_map,
                    line_callback<"auth_scope_map", auth::RoleMap, read_scope_map_line>);
}

Wrong set_auth_scope_claim(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (conf.scope_claims != nullptr) {
        return is_duplicate();
    }
    conf.scope_claims = make<std::vector<jwt::ClaimPath>>(cf->pool);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        auto path = jwt::ClaimPath::parse(arguments[i]);
        if (!path) {
            return "has a path " + in_quotes(arguments[i]) + " that " + path.error();
        }
        conf.scope_claims->push_back(std::move(*path));
    }
    return std::nullopt;
}

} // namespace sallyport::ngx
