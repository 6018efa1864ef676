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

Wrong read_role_map_line(ngx_conf_t* cf, auth::RoleMap& map) {
    std::vector<std::string_view> words;
    for (ngx_uint_t i = 0; i < cf->args->nelts; ++i) {
        words.push_back(view(static_cast<ngx_str_t*>(cf->args->elts)[i]));
    }
    const auto wrong = map.add(words);
    return wrong ? Wrong("\"auth_role_map\" directive has " + *wrong) : std::nullopt;
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
    const ngx_conf_t saved = *cf;
    cf->handler = line_callback<"auth_role_map", auth::RoleMap, read_role_map_line>;
    cf->handler_conf = reinterpret_cast<char*>(conf.role_map);
    char* const outcome = ngx_conf_parse(cf, nullptr);
    *cf = saved;
    if (outcome != NGX_CONF_OK) {
        return is_said();
    }
    return conf.role_map->empty() ? Wrong("is empty") : std::nullopt;
}

} // namespace sallyport::ngx
