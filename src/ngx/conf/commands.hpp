#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Ours, ended by ngx_null_command. nginx wants it writable.
extern ngx_command_t commands[];

} // namespace sallyport::ngx
