#include "ngx/runtime/silent_client.hpp"

#include <sys/socket.h>
#include <unistd.h>

// Which functions of nginx set the same fields:
//
//   open_connection       the connection, its pool, ngx_stat_active: ngx_event_accept()
//   prepare_connection    log, number, time, functions, addresses: ngx_event_accept();
//                         the log's context: ngx_http_init_connection();
//                         buffer: ngx_http_wait_request_handler();
//                         read and write handlers: ngx_http_process_request()
//   prepare_server        the http connection: ngx_http_init_connection()
//   make_silent_request   the request: ngx_http_wait_request_handler(); method, version, list of
//                         headers: ngx_http_process_request_line(); state, write_event_handler:
//                         ngx_http_process_request()

namespace sallyport::ngx {
namespace {

struct Anything {
    template <typename T>
    operator T() const noexcept;
};

template <typename T, typename... Fields>
consteval std::size_t field_count() {
    if constexpr (requires { T{Fields{}..., Anything{}}; }) {
        return field_count<T, Fields..., Anything>();
    } else {
        return sizeof...(Fields);
    }
}

// The field counts of nginx 1.22 to 1.30. If a newer nginx fails here, compare the functions above
// with its own: a new field may have to be set below as well.
static_assert(field_count<ngx_connection_t>() <= 45, "ngx_connection_t has a new field");
static_assert(field_count<ngx_http_connection_t>() <= 10, "ngx_http_connection_t has a new field");
static_assert(field_count<ngx_http_addr_conf_t>() <= 6, "ngx_http_addr_conf_t has a new field");
static_assert(field_count<ngx_http_log_ctx_t>() <= 3, "ngx_http_log_ctx_t has a new field");

sockaddr no_address{AF_UNIX, {}};

u_char* describe(ngx_log_t* log, u_char* buffer, std::size_t size) noexcept {
    const auto* const context = static_cast<const ngx_http_log_ctx_t*>(log->data);
    if (context->request == nullptr) {
        return buffer;
    }
    return ngx_snprintf(buffer, size, " while fetching \"%V\"", &context->current_request->uri);
}

// As ngx_http_request_handler() does.
void on_event(ngx_event_t* event) noexcept {
    auto* const c = static_cast<ngx_connection_t*>(event->data);
    auto* const r = static_cast<ngx_http_request_t*>(c->data);
    ngx_http_set_log_request(c->log, r);
    if (c->close != 0) {
        end_silent_request(r->main);
        ngx_http_run_posted_requests(c);
        return;
    }
    if (event->write != 0) {
        r->write_event_handler(r);
    } else {
        r->read_event_handler(r);
    }
    ngx_http_run_posted_requests(c);
}

// post_action is for clients' requests.
void leave_post_action_out(ngx_http_request_t* r) noexcept {
    r->post_action = 1;
    r->uri_changes = 0;
}

ngx_connection_t* open_connection() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        return nullptr;
    }
    ngx_connection_t* const c = ngx_get_connection(ends[0], ngx_cycle->log);
    ngx_pool_t* const pool = c != nullptr ? ngx_create_pool(1024, ngx_cycle->log) : nullptr;
    ngx_pool_cleanup_t* const cleanup =
        pool != nullptr ? ngx_pool_cleanup_add(pool, sizeof(ngx_pool_cleanup_file_t)) : nullptr;
    if (cleanup == nullptr) {
        if (c != nullptr) {
            ngx_close_connection(c);
        } else {
            close(ends[0]);
        }
        if (pool != nullptr) {
            ngx_destroy_pool(pool);
        }
        close(ends[1]);
        return nullptr;
    }
    static u_char name[] = "silent client";
    *static_cast<ngx_pool_cleanup_file_t*>(cleanup->data) = {ends[1], name, ngx_cycle->log};
    cleanup->handler = ngx_pool_cleanup_file;
    c->pool = pool;
#if (NGX_STAT_STUB)
    ngx_atomic_fetch_add(ngx_stat_active, 1); // decremented when the connection is closed
#endif
    return c;
}

bool prepare_connection(ngx_connection_t* c) noexcept {
    auto* const log = static_cast<ngx_log_t*>(ngx_palloc(c->pool, sizeof(ngx_log_t)));
    void* const context = ngx_pcalloc(c->pool, sizeof(ngx_http_log_ctx_t));
    c->buffer = ngx_create_temp_buf(c->pool, 1);
    if (log == nullptr || context == nullptr || c->buffer == nullptr) {
        return false;
    }
    *log = *ngx_cycle->log;
    log->data = context;
    log->handler = describe;
    log->action = nullptr;
    c->log = c->read->log = c->write->log = c->pool->log = log;
    log->connection = c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->start_time = ngx_current_msec;
    c->read->handler = c->write->handler = on_event;
    c->write->ready = 1;
    c->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;
    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;
    c->recv = ngx_recv;
    c->send = ngx_send;
    c->recv_chain = ngx_recv_chain;
    c->send_chain = ngx_send_chain;
    c->sockaddr = c->local_sockaddr = &no_address;
    c->socklen = c->local_socklen = sizeof(no_address.sa_family);
    ngx_str_set(&c->addr_text, "unix:");
    return true;
}

bool prepare_server(ngx_connection_t* c, ngx_http_conf_ctx_t* server) noexcept {
    void* const addresses = ngx_pcalloc(c->pool, sizeof(ngx_http_addr_conf_t));
    auto* const hc =
        static_cast<ngx_http_connection_t*>(ngx_pcalloc(c->pool, sizeof(ngx_http_connection_t)));
    if (addresses == nullptr || hc == nullptr) {
        return false;
    }
    hc->addr_conf = static_cast<ngx_http_addr_conf_t*>(addresses);
    hc->addr_conf->default_server =
        static_cast<ngx_http_core_srv_conf_t*>(server->srv_conf[ngx_http_core_module.ctx_index]);
    hc->conf_ctx = server;
    c->data = hc;
    return true;
}

} // namespace

ngx_http_request_t* make_silent_request(ngx_http_conf_ctx_t* server) {
    ngx_connection_t* const c = open_connection();
    if (c == nullptr) {
        return nullptr;
    }
    const bool ready = prepare_connection(c) && prepare_server(c, server);
    ngx_http_request_t* const r = ready ? ngx_http_create_request(c) : nullptr;
    if (r == nullptr) {
        ngx_http_close_connection(c);
        return nullptr;
    }
    c->data = r;
    r->logged = 1; // access logs record clients' requests only
    r->method = NGX_HTTP_GET;
    r->method_name = ngx_http_core_get_method;
    r->http_version = NGX_HTTP_VERSION_11;
    ngx_str_set(&r->http_protocol, "HTTP/1.1");
    ngx_str_set(&r->schema, "http");
    r->http_state = NGX_HTTP_PROCESS_REQUEST_STATE;
    r->write_event_handler = ngx_http_request_empty_handler;
    if (ngx_list_init(&r->headers_in.headers, r->pool, 1, sizeof(ngx_table_elt_t)) != NGX_OK) {
        end_silent_request(r);
        ngx_http_run_posted_requests(c);
        return nullptr;
    }
    return r;
}

void finish_silent_request(ngx_http_request_t* r) noexcept {
    if (r->postponed != nullptr || r->connection->data != r) {
        end_silent_request(r);
        return;
    }
    leave_post_action_out(r);
    r->connection->read->eof = 1; // no lingering close
    ngx_http_finalize_request(r, NGX_OK);
}

void end_silent_request(ngx_http_request_t* r) noexcept {
    leave_post_action_out(r);
    ngx_http_finalize_request(r, NGX_ERROR);
}

} // namespace sallyport::ngx
