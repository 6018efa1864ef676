#pragma once

#include <optional>
#include <vector>

#include "jwt/keyset.hpp"
#include "ngx/ngx.hpp"
#include "ngx/sources/key_file.hpp"

namespace sallyport::ngx {

// A key file whose name contains variables, or a URI to fetch keys from.
struct NamedSource {
    ngx_http_complex_value_t* name;
    KeyFormat format;
    std::size_t reported_as = not_reported;
};

// Where the keys of a location or a tenant come from, in the order in which they are tried.
struct KeySources {
    std::optional<jwt::Keyset> own; // from key directives
    std::vector<KeyFile*> files;    // owned by the main configuration
    std::vector<NamedSource> named_files;
    std::vector<NamedSource> requests;
};

} // namespace sallyport::ngx
