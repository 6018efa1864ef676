#include "ngx/waiter.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::ngx {
namespace {

auto position(const std::vector<std::shared_ptr<Supply>>& supplies, const Supply& supply) noexcept {
    return std::find_if(supplies.begin(), supplies.end(),
                        [&](const auto& each) { return each.get() == &supply; });
}

} // namespace

void Supply::tell_waiters() {
    for (Waiter* const waiter : std::exchange(waiting_, {})) {
        waiter->take_news(*this);
    }
}

void Waiter::resume(ngx_event_t* event) noexcept {
    auto& waiter = *static_cast<Waiter*>(event->data);
    ngx_http_request_t* const r = waiter.r_;
    ngx_connection_t* const c = r->connection;
    waiter.suspended_ = false;
    ngx_http_set_log_request(c->log, r);
    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = waiter.go_on_;
    waiter.go_on_(r);
    ngx_http_run_posted_requests(c);
}

Waiter::Waiter(ngx_http_request_t* r, ngx_http_event_handler_pt go_on) noexcept
    : r_(r),
      go_on_(go_on) {
    event_.handler = resume;
    event_.data = this;
    event_.log = r->connection->log;
}

Waiter::~Waiter() {
    leave();
}

void Waiter::leave() noexcept {
    for (const auto& supply : waited_for_) {
        supply->waiting_.erase(this);
    }
    waited_for_.clear();
    suspended_ = false;
    if (event_.posted) {
        ngx_delete_posted_event(&event_);
    }
}

void Waiter::wait_for(std::shared_ptr<Supply> supply) {
    if (supply->waiting_.insert(this).second) {
        waited_for_.push_back(std::move(supply));
    }
}

bool Waiter::was_told_by(const Supply& supply) const noexcept {
    return position(told_by_, supply) != told_by_.end();
}

void Waiter::take_news(Supply& supply) {
    const auto found = position(waited_for_, supply);
    told_by_.push_back(*found);
    waited_for_.erase(found);
    if (suspended_ && !event_.posted) {
        ngx_post_event(&event_, &ngx_posted_events);
    }
}

ngx_int_t Waiter::suspend() noexcept {
    if (waited_for_.empty() && !event_.posted) {
        // Nobody would ever have it go on.
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    suspended_ = true;
    r_->read_event_handler = ngx_http_test_reading;
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
