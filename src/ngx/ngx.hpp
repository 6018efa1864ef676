#pragma once

#include <string_view>

// Includes nginx's headers, which have no language guard of their own. Nothing else may include
// them.
extern "C" {
#include <ngx_config.h>

#include <ngx_core.h>
#include <ngx_http.h>
}

namespace sallyport::ngx {

// nginx's strings are not NUL-terminated; only their length tells where they end.
inline std::string_view view(const ngx_str_t& text) noexcept {
    return {reinterpret_cast<const char*>(text.data), text.len};
}

inline std::string_view view(const ngx_http_variable_value_t& value) noexcept {
    return {reinterpret_cast<const char*>(value.data), value.len};
}

// For members of nginx's structures that are not const, but are only read.
inline ngx_str_t borrow(std::string_view text) noexcept {
    return {text.size(), reinterpret_cast<u_char*>(const_cast<char*>(text.data()))};
}

} // namespace sallyport::ngx

// The symbols that the shared object exports.
extern "C" {
__attribute__((visibility("default"))) extern ngx_module_t ngx_http_sallyport_module;
__attribute__((visibility("default"))) extern ngx_module_t ngx_http_sallyport_filter_module;
__attribute__((visibility("default"))) extern ngx_module_t ngx_sallyport_check_module;
}
