#include "ngx/runtime/request.hpp"

#include <new>

namespace sallyport::ngx {

ngx_http_complex_value_t* compile_value(ngx_conf_t* cf, ngx_str_t text) {
    auto* const value = static_cast<ngx_http_complex_value_t*>(
        ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t)));
    ngx_http_compile_complex_value_t compile{};
    compile.cf = cf;
    compile.value = &text;
    compile.complex_value = value;
    return value != nullptr && ngx_http_compile_complex_value(&compile) == NGX_OK ? value : nullptr;
}

std::string_view evaluate(ngx_http_request_t* r, ngx_http_complex_value_t* value) {
    ngx_str_t text{};
    if (ngx_http_complex_value(r, value, &text) != NGX_OK) {
        throw std::bad_alloc();
    }
    return view(text);
}

} // namespace sallyport::ngx
