#include "ngx/runtime/origin.hpp"

namespace sallyport::ngx {

Origin origin_of(ngx_conf_t* cf) noexcept {
    if (cf->conf_file == nullptr) {
        return {};
    }
    return {cf->conf_file->file.name, cf->conf_file->line};
}

void conf_error(ngx_log_t* log, const Origin& origin, const char* directive,
                const std::string& reason) noexcept {
    ngx_log_error(NGX_LOG_EMERG, log, 0, "\"%s\" directive %s in %V:%ui", directive, reason.c_str(),
                  &origin.file, origin.line);
}

} // namespace sallyport::ngx
