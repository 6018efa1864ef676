#pragma once

#include <string_view>

// The only way to nginx's headers: they have no language guard of their own.
extern "C" {
#include <ngx_config.h>

#include <ngx_core.h>
#include <ngx_http.h>
}

namespace sallyport::ngx {

// Nothing in nginx's strings says where they end but their length.
inline std::string_view view(const ngx_str_t& text) noexcept {
    return {reinterpret_cast<const char*>(text.data), text.len};
}

inline std::string_view view(const ngx_http_variable_value_t& value) noexcept {
    return {reinterpret_cast<const char*>(value.data), value.len};
}

// For nginx fields that are not const but are only read.
inline ngx_str_t borrow(std::string_view text) noexcept {
    return {text.size(), reinterpret_cast<u_char*>(const_cast<char*>(text.data()))};
}

} // namespace sallyport::ngx

// All that the shared object exports.
extern "C" {
__attribute__((visibility("default"))) extern ngx_module_t ngx_http_sallyport_module;
__attribute__((visibility("default"))) extern ngx_module_t ngx_http_sallyport_filter_module;
__attribute__((visibility("default"))) extern ngx_module_t ngx_sallyport_check_module;
}
