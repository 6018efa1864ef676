#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Every check of the access phase is behind the request: it was admitted. False while it is being
// refused.
inline bool is_past_access(ngx_http_request_t* r) noexcept {
    const auto* const core = static_cast<const ngx_http_core_main_conf_t*>(
        ngx_http_get_module_main_conf(r, ngx_http_core_module));
    const ngx_http_phase_handler_t* const handlers = core->phase_engine.handlers;
    for (ngx_uint_t i = static_cast<ngx_uint_t>(r->phase_handler); handlers[i].checker != nullptr;
         ++i) {
        if (handlers[i].checker == ngx_http_core_access_phase ||
            handlers[i].checker == ngx_http_core_post_access_phase) {
            return false;
        }
    }
    return true;
}

// The request is over, and nothing is left but to log it.
inline bool is_being_logged(const ngx_http_request_t* r) noexcept {
    return r->logged != 0;
}

} // namespace sallyport::ngx
