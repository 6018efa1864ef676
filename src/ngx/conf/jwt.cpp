#include "ngx/conf/directives.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "ngx/access/token_sources.hpp"
#include "ngx/conf/key_directives.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::string_view token_prefix = "token=";
constexpr std::string_view size_prefix = "size=";
constexpr off_t least_cache_bytes = 64 << 10;

Wrong set_list(ngx_conf_t* cf, RevocationConf& list, Arguments arguments) {
    if (is_set(list)) {
        return is_duplicate();
    }
    list.origin = origin_of(cf);
    list.on = arguments[0] == "off" ? 0 : 1;
    return list.on == 1 ? set_watched_file(cf, list.file, arguments.raw(0)) : std::nullopt;
}

} // namespace

Wrong set_token(ngx_conf_t* cf, MethodConf& method, ngx_str_t value) {
    if (!view(value).starts_with('$')) {
        return "needs a variable in \"token=\"";
    }
    method.token = compile_value(cf, value);
    method.token_sources = make<TokenSources>(cf->pool, view(value));
    return method.token != nullptr ? std::nullopt : is_said();
}

Wrong set_auth_jwt(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    MethodConf& method = conf.method(auth::Method::jwt);
    if (method.on != NGX_CONF_UNSET) {
        return is_duplicate();
    }
    method.origin = origin_of(cf);
    method.on = arguments[0] == "off" ? 0 : 1;
    if (arguments.size() == 2) {
        if (method.on == 0 || !arguments[1].starts_with(token_prefix)) {
            return "has an invalid parameter " + in_quotes(arguments[1]);
        }
        ngx_str_t token = arguments.raw(1);
        token.data += token_prefix.size();
        token.len -= token_prefix.size();
        if (Wrong wrong = set_token(cf, method, token)) {
            return wrong;
        }
    }
    method.realm = compile_value(cf, arguments.raw(0));
    return method.realm != nullptr ? std::nullopt : is_said();
}

Wrong set_auth_jwt_algorithms(ngx_conf_t*, LocConf& conf, Arguments arguments) {
    jwt::AlgorithmSet set =
        is_set(conf.algorithms)
            ? jwt::AlgorithmSet::from_bits(static_cast<std::uint32_t>(conf.algorithms))
            : jwt::AlgorithmSet();
    Wrong wrong = read_algorithms(set, arguments);
    conf.algorithms = set.bits();
    return wrong;
}

Wrong set_auth_jwt_issuer(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    conf.issuers = conf.issuers != nullptr ? conf.issuers : make<jwt::Names>(cf->pool);
    return read_names(*conf.issuers, arguments);
}

Wrong set_auth_jwt_audience(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    conf.audiences = conf.audiences != nullptr ? conf.audiences : make<jwt::Names>(cf->pool);
    return read_names(*conf.audiences, arguments);
}

Wrong set_auth_jwt_validate_sig(ngx_conf_t*, LocConf& conf, Arguments arguments) {
    if (is_set(conf.validate_sig)) {
        return is_duplicate();
    }
    if (arguments[0] != "on") {
        return "is always \"on\": tokens without a valid signature are never accepted";
    }
    conf.validate_sig = 1;
    return std::nullopt;
}

Wrong set_auth_jwt_client_certificate(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (conf.client_certificate != nullptr) {
        return is_duplicate();
    }
    if (arguments[0] != "off" && !arguments[0].starts_with('$')) {
        return "needs a variable, or \"off\"";
    }
    if (arguments[0].starts_with("$http_")) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"auth_jwt_client_certificate\" takes a field that clients can send: "
                           "make sure that the server in front always replaces it");
    }
    conf.client_certificate = compile_value(cf, arguments.raw(0));
    return conf.client_certificate != nullptr ? std::nullopt : is_said();
}

Wrong set_auth_jwt_www_authenticate(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (conf.www_authenticate != nullptr) {
        return is_duplicate();
    }
    if (has_control(arguments[0])) {
        return "has a control character in its value";
    }
    conf.www_authenticate = compile_value(cf, arguments.raw(0));
    return conf.www_authenticate != nullptr ? std::nullopt : is_said();
}

Wrong set_auth_jwt_revocation_list_sub(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return set_list(cf, conf.revoked_subjects, arguments);
}

Wrong set_auth_jwt_revocation_list_kid(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return set_list(cf, conf.revoked_kids, arguments);
}

Wrong set_auth_forward_credential(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (is_set(conf.forward_credential)) {
        return is_duplicate();
    }
    constexpr std::pair<std::string_view, Forwarding> values[] = {
        {"on", Forwarding::on}, {"off", Forwarding::off}, {"bearer", Forwarding::bearer}};
    const auto* const found =
        std::find_if(std::begin(values), std::end(values),
                     [&](const auto& value) { return value.first == arguments[0]; });
    if (found == std::end(values)) {
        return "has an invalid value " + in_quotes(arguments[0]) + ": on, off or bearer";
    }
    conf.forward_credential = static_cast<ngx_uint_t>(found->second);
    conf.forwarding_origin = origin_of(cf);
    conf.has_own_forwarding =
        (cf->cmd_type & NGX_HTTP_LOC_CONF) != 0 && found->second != Forwarding::on;
    return std::nullopt;
}

Wrong set_auth_jwt_cache(ngx_conf_t*, MainConf& conf, Arguments arguments) {
    if (std::exchange(conf.token_cache_is_set, true)) {
        return is_duplicate();
    }
    if (arguments[0] == "off") {
        *conf.token_cache = jwt::TokenCache(0);
        return std::nullopt;
    }
    ngx_str_t size = arguments.raw(0);
    if (!view(size).starts_with(size_prefix)) {
        return "has an invalid parameter " + in_quotes(arguments[0]) + ": off or size=16m";
    }
    size.data += size_prefix.size();
    size.len -= size_prefix.size();
    const off_t bytes = ngx_parse_offset(&size);
    if (bytes == NGX_ERROR) {
        return "has an invalid size " + in_quotes(view(size));
    }
    if (bytes < least_cache_bytes) {
        return "has a size of less than 64k";
    }
    *conf.token_cache = jwt::TokenCache(static_cast<std::size_t>(bytes));
    return std::nullopt;
}

} // namespace sallyport::ngx
