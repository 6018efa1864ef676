#pragma once

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// A descriptor of this worker from which nginx's event loop reads, such as one of inotify or
// timerfd.
class EventDescriptor {
  public:
    EventDescriptor() = default;
    EventDescriptor(const EventDescriptor&) = delete;
    EventDescriptor& operator=(const EventDescriptor&) = delete;
    ~EventDescriptor() { close(); }

    // Takes ownership of the descriptor. `handler` finds `data` in the connection that is the
    // event's data, and calls wait() when it has read everything. Returns false, with the
    // descriptor closed, if nginx has no free connection, which it logs.
    bool open(int descriptor, void* data, ngx_event_handler_pt handler, ngx_log_t* log) noexcept;
    void close() noexcept;

    [[nodiscard]] bool is_open() const noexcept { return connection_ != nullptr; }
    [[nodiscard]] int descriptor() const noexcept { return connection_->fd; }
    void wait() noexcept;

  private:
    ngx_connection_t* connection_ = nullptr;
};

} // namespace sallyport::ngx
