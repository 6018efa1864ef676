#pragma once

#include <memory>

#include "ngx/conf.hpp"

namespace sallyport::ngx {

// Makes the sources that `keys` names ready for use, once for all places that share them. Null
// when one of them cannot be used: the reason is in the log, with the file and line of the
// directive.
std::shared_ptr<const KeySources> prepare_sources(ngx_conf_t* cf, KeyDirectives& keys,
                                                  jwt::WeakKeys weak);

} // namespace sallyport::ngx
