#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The directives, terminated by ngx_null_command. nginx requires a writable array.
extern ngx_command_t commands[];

} // namespace sallyport::ngx
