#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sallyport {

// Threads with idle priority (SCHED_IDLE), which only use processor time that nobody else needs. A
// thread is started when there is work and all others are busy, and is kept for later work. Any
// thread may call run().
class IdleThreads {
  public:
    IdleThreads() = default;
    IdleThreads(const IdleThreads&) = delete;
    IdleThreads& operator=(const IdleThreads&) = delete;
    // Waits for the threads. run() must not be running.
    ~IdleThreads();

    // Returns when the work is done on one of the threads. The work must not throw. Throws if no
    // thread can be started. Must not be called from an event loop: a thread with idle priority may
    // hold the lock.
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
    std::size_t busy_ = 0; // threads that run an item, or are about to
    bool ending_ = false;
};

} // namespace sallyport
