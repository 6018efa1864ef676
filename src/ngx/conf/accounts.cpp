#include "ngx/conf/directives.hpp"

#include "base/text.hpp"
#include "ngx/runtime/background.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::string_view header_prefix = "header=";
constexpr std::string_view token_prefix = "token=";
constexpr std::string_view line_prefix = "queue=";

Wrong begin_method(ngx_conf_t* cf, MethodConf& conf, Arguments arguments) {
    if (conf.on != NGX_CONF_UNSET) {
        return is_duplicate();
    }
    conf.origin = origin_of(cf);
    conf.on = arguments[0] == "off" ? 0 : 1;
    conf.realm = compile_value(cf, arguments.raw(0));
    return conf.realm != nullptr ? std::nullopt : is_said();
}

Wrong begin_source(ngx_conf_t* cf, AccountConf& conf) {
    if (is_set(conf)) {
        return "is specified twice: use one file or one request";
    }
    conf.origin = origin_of(cf);
    return std::nullopt;
}

Wrong set_file(ngx_conf_t* cf, AccountConf& conf, Arguments arguments) {
    Wrong wrong = begin_source(cf, conf);
    return wrong ? wrong : set_watched_file(cf, conf.file, arguments.raw(0));
}

Wrong set_request(ngx_conf_t* cf, AccountConf& conf, Arguments arguments) {
    if (Wrong wrong = begin_source(cf, conf)) {
        return wrong;
    }
    const std::string_view uri = arguments[0];
    if (!uri.starts_with('/') && !uri.starts_with('$')) {
        return "needs a URI that begins with \"/\" or a variable, not " + in_quotes(uri);
    }
    if (climbs(uri) || has_control(uri)) {
        return "has a URI that is not allowed: " + in_quotes(log_safe(uri, uri.size()));
    }
    conf.request = compile_value(cf, arguments.raw(0));
    return conf.request != nullptr ? std::nullopt : is_said();
}

// header=NAME or token=$variable.
Wrong set_place(ngx_conf_t* cf, MethodConf& conf, ngx_str_t argument) {
    const std::string_view text = view(argument);
    const std::string_view prefix = text.starts_with(header_prefix) ? header_prefix : token_prefix;
    if (conf.on == 0 || !text.starts_with(prefix)) {
        return "has an invalid parameter " + in_quotes(text);
    }
    if (conf.token != nullptr || conf.header.len > 0) {
        return "specifies the location of the key twice";
    }
    argument.data += prefix.size();
    argument.len -= prefix.size();
    if (prefix == token_prefix) {
        return set_token(cf, conf, argument);
    }
    // The name of a field may contain a dollar sign, but here it is meant as a variable.
    if (!is_token(view(argument)) || view(argument).find('$') != std::string_view::npos) {
        return "needs the name of a header field in \"header=\"";
    }
    if (equal_ignoring_case(view(argument), "Authorization")) {
        return "has \"header=Authorization\", which is the default";
    }
    conf.header = argument;
    return std::nullopt;
}

} // namespace

Wrong set_watched_file(ngx_conf_t* cf, ngx_str_t& file, ngx_str_t name) {
    if (name.len == 0) {
        return "has an empty file name";
    }
    if (view(name).find('$') != std::string_view::npos) {
        return "takes no variables";
    }
    if (!has_threads) {
        return "needs nginx built --with-threads";
    }
    file = name;
    if (ngx_conf_full_name(cf->cycle, &file, 1) != NGX_OK) {
        throw std::bad_alloc();
    }
    return std::nullopt;
}

Wrong set_auth_password(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return begin_method(cf, conf.method(auth::Method::password), arguments);
}

Wrong set_auth_password_file(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return set_file(cf, conf.passwords, arguments);
}

Wrong set_auth_password_request(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return set_request(cf, conf.passwords, arguments);
}

Wrong set_auth_api_key(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    MethodConf& method = conf.method(auth::Method::api_key);
    Wrong wrong = begin_method(cf, method, arguments);
    for (std::size_t i = 1; !wrong && i < arguments.size(); ++i) {
        wrong = set_place(cf, method, arguments.raw(i));
    }
    return wrong;
}

Wrong set_auth_api_key_file(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return set_file(cf, conf.api_keys, arguments);
}

Wrong set_auth_api_key_request(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return set_request(cf, conf.api_keys, arguments);
}

Wrong set_auth_thread_pool(ngx_conf_t* cf, MainConf& conf, Arguments arguments) {
    if (std::exchange(conf.has_own_thread_pool, true)) {
        return is_duplicate();
    }
    if (!has_threads) {
        return "needs nginx built --with-threads";
    }
    if (arguments[0].empty()) {
        return "has an empty name";
    }
    conf.thread_pool = arguments.raw(0);
    if (arguments.size() == 2) {
        ngx_str_t number = arguments.raw(1);
        if (!view(number).starts_with(line_prefix)) {
            return "has an invalid parameter " + in_quotes(view(number));
        }
        number.data += line_prefix.size();
        number.len -= line_prefix.size();
        const ngx_int_t line = ngx_atoi(number.data, number.len);
        if (line == NGX_ERROR || line == 0) {
            return "has an invalid number in " + in_quotes(arguments[1]);
        }
        conf.slow_hash_queue = static_cast<std::size_t>(line);
    }
    // Called here so that nginx reports this line if there is no such pool.
    return want_threads(cf) ? std::nullopt : is_said();
}

} // namespace sallyport::ngx
