#pragma once

#include "ngx/conf/setter.hpp"

namespace sallyport::ngx {

// The error for a name that JSON cannot contain.
Wrong is_not_utf8(std::string_view name);
// What is wrong with a kid.
Wrong check_kid(std::string_view kid);

// The kid and the algorithm that a key directive begins with.
struct KeyName {
    std::string kid;
    jwt::Algorithm algorithm{};
};
// `has_kid` tells whether the level has a key with this kid already.
template <typename HasKid>
Wrong read_key_name(KeyName& name, Arguments arguments, HasKid&& has_kid) {
    name.kid = arguments[0];
    if (Wrong wrong = check_kid(name.kid)) {
        return wrong;
    }
    const auto algorithm = jwt::find_algorithm(arguments[1]);
    if (!algorithm) {
        return "has an unknown algorithm " + in_quotes(arguments[1]);
    }
    if (has_kid(name.kid)) {
        return "has a duplicate kid " + in_quotes(name.kid);
    }
    name.algorithm = *algorithm;
    return std::nullopt;
}

// Directives that a level and a tenant's block have in common. Each function reads the arguments of
// one directive.
Wrong read_key(ngx_conf_t* cf, KeyDirectives& keys, Arguments arguments);
Wrong read_key_file(ngx_conf_t* cf, KeyDirectives& keys, Arguments arguments);
Wrong read_key_request(ngx_conf_t* cf, KeyDirectives& keys, Arguments arguments);

// A path of the configuration, relative to its directory. Of a source, only files are paths.
std::string full_path(ngx_conf_t* cf, std::string_view path);
std::string full_source(ngx_conf_t* cf, std::string_view source);
// Overwrites a source after it was read, since it may be the secret itself.
void wipe_source(ngx_str_t& source) noexcept;

// Reads names or algorithms for a list. Each may be given only once.
Wrong read_names(jwt::Names& names, Arguments arguments);
Wrong read_algorithms(jwt::AlgorithmSet& set, Arguments arguments);

} // namespace sallyport::ngx
