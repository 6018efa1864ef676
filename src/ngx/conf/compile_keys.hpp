#pragma once

#include <memory>

#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

// Prepare the sources that the directives name, once for all levels that share them. Null if one of
// them cannot be used; the error is in the log, with the file and line of the directive.
std::shared_ptr<const KeySources> prepare_sources(ngx_conf_t* cf, KeyDirectives& keys,
                                                  jwt::WeakKeys weak);
std::shared_ptr<const Tenants> prepare_tenants(ngx_conf_t* cf, TenantDirectives& tenants,
                                               jwt::WeakKeys weak);

} // namespace sallyport::ngx
