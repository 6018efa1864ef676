#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sallyport {

// Threads with idle priority (SCHED_IDLE): they use only what is left of the processors. A thread
// is started when work comes and all others are busy, and is kept for later work, so there are as
// many as run() was called at once. May be used by several threads.
class IdleThreads {
  public:
    IdleThreads() = default;
    IdleThreads(const IdleThreads&) = delete;
    IdleThreads& operator=(const IdleThreads&) = delete;
    // Waits for the threads. Not while run() is being called.
    ~IdleThreads();

    // Returns when the work, which may not throw, has ended on one of them. Throws if no thread can
    // be started. Never call it from an event loop: a thread with idle priority may hold the lock.
    void run(const std::function<void()>& work);

    [[nodiscard]] std::size_t size();

  private:
    struct Item {
        const std::function<void()>* work;
        bool done = false;
    };

    void serve();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Item*> waiting_;
    std::vector<std::thread> threads_;
    std::size_t busy_ = 0; // threads that run or will run an item
    bool ending_ = false;
};

} // namespace sallyport
