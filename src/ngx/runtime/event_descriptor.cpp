#include "ngx/runtime/event_descriptor.hpp"

#include <utility>

#include <unistd.h>

namespace sallyport::ngx {

bool EventDescriptor::open(int descriptor, void* data, ngx_event_handler_pt handler,
                           ngx_log_t* log) noexcept {
    connection_ = ngx_get_connection(descriptor, log);
    if (connection_ == nullptr) {
        ::close(descriptor);
        return false;
    }
    connection_->data = data;
    connection_->read->handler = handler;
    connection_->read->log = log;
    // Without this, nginx would report the descriptor as an open connection when it quits.
    connection_->read->channel = 1;
    if (ngx_handle_read_event(connection_->read, 0) != NGX_OK) {
        close();
        return false;
    }
    return true;
}

void EventDescriptor::close() noexcept {
    if (connection_ != nullptr) {
        ngx_close_connection(std::exchange(connection_, nullptr));
    }
}

void EventDescriptor::wait() noexcept {
    connection_->read->ready = 0;
    ngx_handle_read_event(connection_->read, 0);
}

} // namespace sallyport::ngx
