// To be loaded into a program that makes load (LD_PRELOAD): it then asks for events again and again
// and never sleeps. One that sleeps must be woken by what the server sends to it, which takes a
// virtual machine longer than the sending, and is due the more often the more time the server gives
// it to fall asleep: what a server takes longer would be counted nearly twice.

#include <chrono>

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" int epoll_wait(int epoll, epoll_event* events, int most, int milliseconds) noexcept {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const auto is_over = [&] {
        return milliseconds >= 0 && Clock::now() - begin >= std::chrono::milliseconds(milliseconds);
    };
    for (;;) {
        const auto found = syscall(SYS_epoll_wait, epoll, events, most, 0);
        if (found != 0 || is_over()) {
            return static_cast<int>(found);
        }
    }
}
