#pragma once

#include <exception>
#include <utility>

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The whole body of every function that nginx calls: an exception that reached nginx would end the
// worker. `failure` must refuse.
template <typename T, typename Body>
T guard(ngx_log_t* log, const char* where, T failure, Body&& body) noexcept {
    try {
        return std::forward<Body>(body)();
    } catch (const std::exception& e) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "sallyport: %s failed: %s", where, e.what());
    } catch (...) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "sallyport: %s failed", where);
    }
    return failure;
}

} // namespace sallyport::ngx
