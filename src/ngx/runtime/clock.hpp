#pragma once

#include <chrono>
#include <functional>

#include "ngx/runtime/event_descriptor.hpp"

namespace sallyport::ngx {

// Calls a function of a worker at regular intervals, for the first time at once. It uses a timerfd:
// one more timer of nginx would make its tree of timers larger, which every request changes. If no
// timerfd can be created, it uses a timer of nginx.
class Clock {
  public:
    // `tick` may throw, which is logged as a failure of `what`.
    Clock(const char* what, std::function<void()> tick) : what_(what), tick_(std::move(tick)) {}

    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    ~Clock() { stop(); }

    void start(std::chrono::milliseconds interval, ngx_log_t* log) noexcept;
    void stop() noexcept;

  private:
    static void on_time(ngx_event_t* event) noexcept;
    [[nodiscard]] bool open_timer(ngx_log_t* log) noexcept;
    void tick_again();

    const char* what_;
    std::function<void()> tick_;
    std::chrono::milliseconds interval_{};
    EventDescriptor timer_;
    ngx_event_t spare_{}; // in place of timer_
};

} // namespace sallyport::ngx
