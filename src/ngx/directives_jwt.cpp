#include "ngx/directives.hpp"

#include <algorithm>

#include "jwt/algorithm.hpp"
#include "jwt/key_source.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::string_view token_prefix = "token=";
constexpr std::string_view error_prefix = "error=";

KeyDirectives& keys_of(ngx_conf_t* cf, LocConf& conf) {
    if (conf.keys == nullptr) {
        conf.keys = make<KeyDirectives>(cf->pool);
    }
    return *conf.keys;
}

std::string full_path(ngx_conf_t* cf, std::string_view path) {
    ngx_str_t name = copy(cf->pool, path);
    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
        throw std::bad_alloc();
    }
    return std::string(view(name));
}

// Names with one meaning for all of a list, given once a level.
Wrong set_names(ngx_conf_t* cf, std::vector<std::string>*& names, Arguments arguments) {
    if (names != nullptr) {
        return is_duplicate();
    }
    names = make<std::vector<std::string>>(cf->pool);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i].empty()) {
            return "has an empty name";
        }
        names->emplace_back(arguments[i]);
    }
    return std::nullopt;
}

} // namespace

ngx_http_complex_value_t* compile_value(ngx_conf_t* cf, ngx_str_t text) {
    auto* const value = static_cast<ngx_http_complex_value_t*>(
        ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t)));
    ngx_http_compile_complex_value_t compile{};
    compile.cf = cf;
    compile.value = &text;
    compile.complex_value = value;
    return value != nullptr && ngx_http_compile_complex_value(&compile) == NGX_OK ? value : nullptr;
}

Wrong set_auth_jwt(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (conf.jwt != NGX_CONF_UNSET) {
        return is_duplicate();
    }
    conf.jwt_origin = origin_of(cf);
    conf.jwt = arguments[0] == "off" ? 0 : 1;
    if (arguments.size() == 2) {
        if (conf.jwt == 0 || !arguments[1].starts_with(token_prefix)) {
            return "has an invalid parameter " + quoted(arguments[1]);
        }
        ngx_str_t token = arguments.raw(1);
        token.data += token_prefix.size();
        token.len -= token_prefix.size();
        if (token.len == 0 || token.data[0] != '$') {
            return "needs a variable in \"token=\"";
        }
        conf.token = compile_value(cf, token);
        if (conf.token == nullptr) {
            return is_said();
        }
    }
    conf.realm = compile_value(cf, arguments.raw(0));
    return conf.realm != nullptr ? std::nullopt : is_said();
}

Wrong set_auth_jwt_key(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    const std::string kid(arguments[0]);
    const auto algorithm = jwt::find_algorithm(arguments[1]);
    if (kid.empty()) {
        return "has an empty kid";
    }
    if (!algorithm) {
        return "has an unknown algorithm " + quoted(arguments[1]);
    }
    KeyDirectives& keys = keys_of(cf, conf);
    if (std::any_of(keys.keys.begin(), keys.keys.end(),
                    [&](const auto& other) { return other.key.kid() == kid; })) {
        return "has a duplicate kid " + quoted(kid);
    }
    const std::string_view source = arguments[2];
    const bool file = jwt::is_file_source(source);
    auto key =
        jwt::key_from_source(kid, *algorithm, file ? full_path(cf, source) : std::string(source));
    if (!file) {
        // A secret may stand here; nobody reads it again.
        cleanse(arguments.raw(2).data, arguments.raw(2).len);
    }
    if (!key) {
        return key.error();
    }
    keys.keys.push_back({std::move(*key), origin_of(cf)});
    return std::nullopt;
}

Wrong set_auth_jwt_key_file(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    const std::string_view format = arguments.size() == 2 ? arguments[1] : "jwks";
    if (format != "jwks" && format != "keyval") {
        return "has an unknown format " + quoted(format);
    }
    if (arguments[0].empty()) {
        return "has an empty file name";
    }
    ngx_http_complex_value_t* const name = compile_value(cf, arguments.raw(0));
    if (name == nullptr) {
        return is_said();
    }
    if (name->lengths == nullptr && ngx_conf_full_name(cf->cycle, &name->value, 1) != NGX_OK) {
        throw std::bad_alloc();
    }
    KeyDirectives& keys = keys_of(cf, conf);
    if (std::any_of(keys.files.begin(), keys.files.end(), [&](const auto& other) {
            return view(other.name->value) == view(name->value);
        })) {
        return "names a file twice";
    }
    keys.files.push_back({name,
                          format == "jwks" ? jwt::KeysetFormat::jwks : jwt::KeysetFormat::keyval,
                          origin_of(cf)});
    return std::nullopt;
}

Wrong set_auth_jwt_algorithms(ngx_conf_t*, LocConf& conf, Arguments arguments) {
    if (conf.algorithms != 0) {
        return is_duplicate();
    }
    jwt::AlgorithmSet set;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto algorithm = jwt::find_algorithm(arguments[i]);
        if (!algorithm) {
            return "has an unknown algorithm " + quoted(arguments[i]);
        }
        if (set.contains(*algorithm)) {
            return "has " + quoted(arguments[i]) + " twice";
        }
        set.add(*algorithm);
    }
    conf.algorithms = set.bits();
    return std::nullopt;
}

Wrong set_auth_jwt_issuer(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return set_names(cf, conf.issuers, arguments);
}

Wrong set_auth_jwt_audience(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return set_names(cf, conf.audiences, arguments);
}

Wrong set_auth_jwt_require(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    Requirement requirement;
    std::size_t values = arguments.size();
    const std::string_view last = arguments[values - 1];
    if (last.starts_with(error_prefix)) {
        const std::string_view code = last.substr(error_prefix.size());
        if (code != "401" && code != "403") {
            return "has an invalid error " + quoted(code) + ": 401 or 403";
        }
        requirement.otherwise =
            code == "403" ? Reason::requirement_forbidden : Reason::requirement_unmet;
        --values;
    }
    if (values == 0) {
        return "has no value";
    }
    for (std::size_t i = 0; i < values; ++i) {
        if (!arguments[i].starts_with('$')) {
            return "needs values that start with a variable, not " + quoted(arguments[i]);
        }
        ngx_http_complex_value_t* const value = compile_value(cf, arguments.raw(i));
        if (value == nullptr) {
            return is_said();
        }
        requirement.values.push_back(value);
    }
    if (conf.requirements == nullptr) {
        conf.requirements = make<std::vector<Requirement>>(cf->pool);
    }
    conf.requirements->push_back(std::move(requirement));
    return std::nullopt;
}

} // namespace sallyport::ngx
