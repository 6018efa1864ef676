#include "ngx/runtime/request.hpp"

#include <cstring>
#include <new>

#include "ngx/runtime/pool.hpp"

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

ngx_http_variable_value_t* copy_variables(ngx_http_request_t* r) {
    const auto* const core = static_cast<const ngx_http_core_main_conf_t*>(
        ngx_http_get_module_main_conf(r, ngx_http_core_module));
    const std::size_t size = core->variables.nelts * sizeof(ngx_http_variable_value_t);
    void* const copied = ngx_palloc(r->pool, size);
    if (copied == nullptr) {
        throw std::bad_alloc();
    }
    return static_cast<ngx_http_variable_value_t*>(std::memcpy(copied, r->variables, size));
}

ngx_table_elt_t* add_header(ngx_http_request_t* r, const char* name, std::string_view value) {
    const ngx_str_t copied = pool_copy(r->pool, value);
    auto* const field = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
    if (field == nullptr) {
        throw std::bad_alloc();
    }
    *field = {};
    field->hash = 1;
    field->key = borrow(name);
    field->value = copied;
    return field;
}

void forbid_caching(ngx_http_request_t* r) {
    add_header(r, "Cache-Control", "no-store");
    add_header(r, "Pragma", "no-cache");
}

// RST_STREAM waits in the queue of its connection while other streams are open and idle.
void abort_request(ngx_http_request_t* r) noexcept {
    ngx_connection_t* const c = r->connection;
#if (NGX_HTTP_V2)
    ngx_http_v2_connection_t* const h2 = r->stream != nullptr ? r->stream->connection : nullptr;
#endif
    ngx_http_set_log_request(c->log, r);
    c->close = 1;
    c->error = 1;
    c->read->handler(c->read);
#if (NGX_HTTP_V2)
    if (h2 != nullptr && h2->processing > 0) {
        ngx_post_event(h2->connection->write, &ngx_posted_events);
    }
#endif
}

} // namespace sallyport::ngx
