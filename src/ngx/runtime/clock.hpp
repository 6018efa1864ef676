#pragma once

#include <chrono>
#include <functional>

#include "ngx/runtime/event_descriptor.hpp"

namespace sallyport::ngx {

// Calls a function of a worker at regular intervals, for the first time at once. It uses a timerfd:
// one more timer of nginx would make its tree of timers larger, which every request changes.
class Clock {
  public:
    // `tick` may throw, which is logged as a failure of `what`.
    Clock(const char* what, std::function<void()> tick) : what_(what), tick_(std::move(tick)) {}

    // Logs a failure; then the function is never called.
    void start(std::chrono::milliseconds interval, ngx_log_t* log) noexcept;
    void stop() noexcept { timer_.close(); }

  private:
    static void on_time(ngx_event_t* event) noexcept;

    const char* what_;
    std::function<void()> tick_;
    EventDescriptor timer_;
};

} // namespace sallyport::ngx
