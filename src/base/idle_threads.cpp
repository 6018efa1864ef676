#include "base/idle_threads.hpp"

#include <sched.h>

namespace sallyport {

IdleThreads::~IdleThreads() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

void IdleThreads::run(const std::function<void()>& work) {
    Item item{&work};
    std::unique_lock lock(mutex_);
    if (busy_ == threads_.size()) {
        threads_.reserve(threads_.size() + 1);
        threads_.emplace_back([this] { serve(); });
    }
    waiting_.push_back(&item);
    ++busy_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return item.done; });
}

std::size_t IdleThreads::size() {
    const std::lock_guard lock(mutex_);
    return threads_.size();
}

void IdleThreads::serve() {
    constexpr sched_param none{};
    static_cast<void>(sched_setscheduler(0, SCHED_IDLE, &none));
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
        if (waiting_.empty()) {
            return;
        }
        Item& item = *waiting_.front();
        waiting_.pop_front();
        lock.unlock();
        (*item.work)();
        lock.lock();
        item.done = true;
        --busy_;
        changed_.notify_all();
    }
}

} // namespace sallyport
