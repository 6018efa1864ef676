#include "ngx/runtime/clock.hpp"

#include <cstdint>

#include <sys/timerfd.h>
#include <unistd.h>

#include "ngx/runtime/guard.hpp"

namespace sallyport::ngx {

void Clock::start(std::chrono::milliseconds interval, ngx_log_t* log) noexcept {
    interval_ = interval;
    if (!open_timer(log)) {
        spare_.handler = event_callback<"clock", &Clock::tick_again>;
        spare_.data = this;
        spare_.log = log;
        spare_.cancelable = 1;
        ngx_add_timer(&spare_, 1);
    }
}

void Clock::stop() noexcept {
    timer_.close();
    if (spare_.timer_set) {
        ngx_del_timer(&spare_);
    }
}

bool Clock::open_timer(ngx_log_t* log) noexcept {
    const int descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (descriptor < 0) {
        ngx_log_error(NGX_LOG_WARN, log, ngx_errno, "sallyport: timerfd_create() failed");
        return false;
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval_);
    const std::chrono::nanoseconds rest = interval_ - seconds;
    const itimerspec times{{seconds.count(), rest.count()}, {0, 1}};
    if (timerfd_settime(descriptor, 0, &times, nullptr) != 0) {
        ngx_log_error(NGX_LOG_WARN, log, ngx_errno, "sallyport: timerfd_settime() failed");
        close(descriptor);
        return false;
    }
    return timer_.open(descriptor, this, on_time, log);
}

void Clock::tick_again() {
    ngx_add_timer(&spare_, static_cast<ngx_msec_t>(interval_.count()));
    guard(spare_.log, what_, [&] { tick_(); });
}

void Clock::on_time(ngx_event_t* event) noexcept {
    auto& clock = *static_cast<Clock*>(static_cast<const ngx_connection_t*>(event->data)->data);
    std::uint64_t expirations = 0;
    if (read(clock.timer_.descriptor(), &expirations, sizeof(expirations)) > 0) {
        guard(event->log, clock.what_, [&] { clock.tick_(); });
    }
    clock.timer_.wait();
}

} // namespace sallyport::ngx
