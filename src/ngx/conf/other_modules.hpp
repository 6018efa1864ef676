#pragma once

#include <cstddef>
#include <string_view>

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Whether a location sets directives of a module that nginx's header files do not describe: the
// module's configuration of the location begins with `words` words, one of which is not zero then.
// False if nginx was built without the module.
bool is_set_in(ngx_cycle_t* cycle, void** location, std::string_view module, std::size_t words);

} // namespace sallyport::ngx
