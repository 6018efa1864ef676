#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jwt/fetch_plan.hpp"
#include "ngx/ngx.hpp"
#include "ngx/sources/key_sources.hpp"

namespace sallyport::ngx {

// A source of keys as an administrator sees it.
struct AskedKeys {
    // The kind of source, and its file or URI as configured: what the variables in it stand for may
    // be a secret.
    std::string name;
    const jwt::Keyset* keys;     // null: none that are valid
    std::string_view error = {}; // why it cannot be read, if it is known
};

// The sources in the order in which a request asks them. Reads and fetches nothing. Borrowed:
// valid until control returns to the event loop. `tenant` is the tenant that the sources belong
// to, or empty.
std::vector<AskedKeys> asked_keys(ngx_http_request_t* r, const KeySources& sources,
                                  jwt::FetchPlan::Times times, std::string_view tenant);

} // namespace sallyport::ngx
