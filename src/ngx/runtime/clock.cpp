#include "ngx/runtime/clock.hpp"

#include <cstdint>

#include <sys/timerfd.h>
#include <unistd.h>

#include "ngx/runtime/guard.hpp"

namespace sallyport::ngx {

void Clock::start(std::chrono::milliseconds interval, ngx_log_t* log) noexcept {
    const int descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (descriptor < 0) {
        ngx_log_error(NGX_LOG_WARN, log, ngx_errno, "sallyport: timerfd_create() failed");
        return;
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval);
    const std::chrono::nanoseconds rest = interval - seconds;
    const itimerspec times{{seconds.count(), rest.count()}, {0, 1}};
    if (timerfd_settime(descriptor, 0, &times, nullptr) != 0) {
        ngx_log_error(NGX_LOG_WARN, log, ngx_errno, "sallyport: timerfd_settime() failed");
        close(descriptor);
        return;
    }
    timer_.open(descriptor, this, on_time, log);
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
