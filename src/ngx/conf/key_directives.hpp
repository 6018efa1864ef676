#pragma once

#include "ngx/conf/setter.hpp"

namespace sallyport::ngx {

// Of a name that JSON cannot hold.
Wrong is_not_utf8(std::string_view name);
// What is wrong with a kid.
Wrong check_kid(std::string_view kid);

// What the directives of a place and the lines of a tenant's block have in common. Each reads the
// arguments of one directive.
Wrong read_key(ngx_conf_t* cf, KeyDirectives& keys, Arguments arguments);
Wrong read_key_file(ngx_conf_t* cf, KeyDirectives& keys, Arguments arguments);
Wrong read_key_request(ngx_conf_t* cf, KeyDirectives& keys, Arguments arguments);

// A path of the configuration, from its folder on; a source likewise where it is a file.
std::string full_path(ngx_conf_t* cf, std::string_view path);
std::string full_source(ngx_conf_t* cf, std::string_view source);
// Overwrites a source that was read, where it may be a secret itself.
void wipe_source(ngx_str_t& source) noexcept;

// Names with one meaning for all of a list. Names and algorithms are given once.
Wrong read_names(jwt::Names& names, Arguments arguments);
Wrong read_algorithms(jwt::AlgorithmSet& set, Arguments arguments);

} // namespace sallyport::ngx
