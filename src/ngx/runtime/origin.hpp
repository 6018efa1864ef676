#pragma once

#include <string>

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The file and line of a directive, for errors found after it was parsed.
struct Origin {
    ngx_str_t file;
    ngx_uint_t line;
};

Origin origin_of(ngx_conf_t* cf) noexcept;

// Logs a configuration error in nginx's form, for a line that was parsed earlier.
void conf_error(ngx_log_t* log, const Origin& origin, const char* directive,
                const std::string& reason) noexcept;
inline void conf_error(ngx_conf_t* cf, const Origin& origin, const char* directive,
                       const std::string& reason) noexcept {
    conf_error(cf->log, origin, directive, reason);
}

} // namespace sallyport::ngx
