#include "ngx/conf/key_directives.hpp"

#include <algorithm>

#include "base/secret_source.hpp"
#include "base/text.hpp"
#include "jwt/algorithm.hpp"
#include "jwt/key_source.hpp"
#include "json/jansson.hpp"

namespace sallyport::ngx {
namespace {

bool names_twice(const std::vector<KeyDirectives::Named>& sources,
                 const ngx_http_complex_value_t* name) {
    return std::any_of(sources.begin(), sources.end(), [&](const auto& other) {
        return view(other.name->value) == view(name->value);
    });
}

Wrong read_format(Arguments arguments, jwt::KeysetFormat& format) {
    const std::string_view word = arguments.size() == 2 ? arguments[1] : "jwks";
    if (word != "jwks" && word != "keyval") {
        return "has an unknown format " + in_quotes(word);
    }
    format = word == "jwks" ? jwt::KeysetFormat::jwks : jwt::KeysetFormat::keyval;
    return std::nullopt;
}

} // namespace

std::string full_path(ngx_conf_t* cf, std::string_view path) {
    ngx_str_t name = pool_copy(cf->pool, path);
    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
        throw std::bad_alloc();
    }
    return std::string(view(name));
}

std::string full_source(ngx_conf_t* cf, std::string_view source) {
    return is_file_source(source) ? full_path(cf, source) : std::string(source);
}

void wipe_source(ngx_str_t& source) noexcept {
    if (!is_file_source(view(source))) {
        cleanse(source.data, source.len);
    }
}

Wrong is_not_utf8(std::string_view name) {
    return "has a name that is not UTF-8, so it cannot be in a token: " +
           in_quotes(log_safe(name, name.size()));
}

Wrong check_kid(std::string_view kid) {
    if (kid.empty()) {
        return "has an empty kid";
    }
    return json::is_utf8(kid) ? std::nullopt : is_not_utf8(kid);
}

Wrong read_key(ngx_conf_t* cf, KeyDirectives& keys, Arguments arguments) {
    KeyName name;
    const auto has_kid = [&](const std::string& kid) {
        return std::any_of(keys.keys.begin(), keys.keys.end(),
                           [&](const auto& other) { return other.key.kid() == kid; });
    };
    if (Wrong wrong = read_key_name(name, arguments, has_kid)) {
        return wrong;
    }
    auto key = jwt::key_from_source(name.kid, name.algorithm, full_source(cf, arguments[2]));
    wipe_source(arguments.raw(2));
    if (!key) {
        return key.error();
    }
    keys.keys.push_back({std::move(*key), origin_of(cf)});
    return std::nullopt;
}

Wrong read_key_file(ngx_conf_t* cf, KeyDirectives& keys, Arguments arguments) {
    jwt::KeysetFormat format{};
    if (Wrong wrong = read_format(arguments, format)) {
        return wrong;
    }
    if (arguments[0].empty()) {
        return "has an empty file name";
    }
    ngx_http_complex_value_t* const name = compile_value(cf, arguments.raw(0));
    if (name == nullptr) {
        return is_said();
    }
    if (name->lengths != nullptr && climbs(arguments[0])) {
        return "has \"..\" in a name with variables: " + in_quotes(arguments[0]);
    }
    if (name->lengths == nullptr && ngx_conf_full_name(cf->cycle, &name->value, 1) != NGX_OK) {
        throw std::bad_alloc();
    }
    if (names_twice(keys.files, name)) {
        return "names a file twice";
    }
    keys.files.push_back({name, format, origin_of(cf)});
    return std::nullopt;
}

Wrong read_key_request(ngx_conf_t* cf, KeyDirectives& keys, Arguments arguments) {
    jwt::KeysetFormat format{};
    if (Wrong wrong = read_format(arguments, format)) {
        return wrong;
    }
    const std::string_view uri = arguments[0];
    if (!uri.starts_with('/') && !uri.starts_with('$')) {
        return "needs a URI that begins with \"/\" or a variable, not " + in_quotes(uri);
    }
    ngx_http_complex_value_t* const name = compile_value(cf, arguments.raw(0));
    if (name == nullptr) {
        return is_said();
    }
    if (climbs(uri) || has_control(uri)) {
        return "has a URI that is not allowed: " + in_quotes(log_safe(uri, uri.size()));
    }
    if (names_twice(keys.requests, name)) {
        return "names a URI twice";
    }
    keys.requests.push_back({name, format, origin_of(cf)});
    return std::nullopt;
}

Wrong read_names(jwt::Names& names, Arguments arguments) {
    if (!names.empty()) {
        return is_duplicate();
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i].empty()) {
            return "has an empty name";
        }
        if (!json::is_utf8(arguments[i])) {
            return is_not_utf8(arguments[i]);
        }
        names.emplace_back(arguments[i]);
    }
    return std::nullopt;
}

Wrong read_algorithms(jwt::AlgorithmSet& set, Arguments arguments) {
    if (!set.empty()) {
        return is_duplicate();
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto algorithm = jwt::find_algorithm(arguments[i]);
        if (!algorithm) {
            return "has an unknown algorithm " + in_quotes(arguments[i]);
        }
        if (set.contains(*algorithm)) {
            return "has " + in_quotes(arguments[i]) + " twice";
        }
        set.add(*algorithm);
    }
    if (set.contains(jwt::Algorithm::eddsa)) { // the name for both
        set = set | jwt::AlgorithmSet::of(jwt::Family::eddsa);
    }
    return std::nullopt;
}

} // namespace sallyport::ngx
