#include "ngx/runtime/waiter.hpp"

#include <unordered_map>

#include "ngx/runtime/guard.hpp"

namespace sallyport::ngx {
namespace {

// The waiters of suspended requests in this worker.
std::unordered_map<const ngx_http_request_t*, Waiter*>& suspended() noexcept {
    static std::unordered_map<const ngx_http_request_t*, Waiter*> waiters;
    return waiters;
}

} // namespace

// go_on_ may end the request, which destroys this object.
void Waiter::resume() {
    ngx_http_request_t* const r = r_;
    ngx_connection_t* const c = r->connection;
    suspended_ = false;
    suspended().erase(r);
    ngx_http_set_log_request(c->log, r);
    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = go_on_;
    go_on_(r);
    ngx_http_run_posted_requests(c);
}

// Ends the request if the client disconnects, unless post_action sends it to another location.
void Waiter::watch_client(ngx_http_request_t* r) noexcept {
    ngx_http_test_reading(r);
    const auto found = suspended().find(r);
    if (found != suspended().end() && found->second->uri_changes_ != r->uri_changes) {
        found->second->leave();
    }
}

Waiter::Waiter(ngx_http_request_t* r, ngx_http_event_handler_pt go_on) noexcept
    : r_(r),
      go_on_(go_on) {
    event_.handler = event_callback<"wait", &Waiter::resume>;
    event_.data = this;
    event_.log = r->connection->log;
}

Waiter::~Waiter() {
    leave();
}

void Waiter::leave() noexcept {
    Listener::leave();
    if (suspended_) {
        suspended_ = false;
        suspended().erase(r_);
    }
    if (event_.posted) {
        ngx_delete_posted_event(&event_);
    }
}

void Waiter::on_ready() noexcept {
    if (suspended_ && !event_.posted) {
        ngx_post_event(&event_, &ngx_posted_events);
    }
}

ngx_int_t Waiter::suspend() noexcept {
    if (!waits() && !event_.posted) {
        // Nothing would ever resume the request.
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    const bool noted = guard(r_->connection->log, "wait", false, [&] {
        // A location before an internal redirect may have suspended the request as well.
        if (const auto found = suspended().find(r_);
            found != suspended().end() && found->second != this) {
            found->second->leave();
        }
        suspended()[r_] = this;
        return true;
    });
    if (!noted) {
        leave();
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    suspended_ = true;
    uri_changes_ = r_->uri_changes;
    r_->read_event_handler = watch_client;
    ngx_event_t* const read = r_->connection->read;
    if (read->ready) {
        ngx_post_event(read, &ngx_posted_events);
    } else if (ngx_handle_read_event(read, 0) != NGX_OK) {
        leave();
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return NGX_AGAIN;
}

} // namespace sallyport::ngx
