#include <array>
#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include <sched.h>

#include "base/idle_threads.hpp"
#include "check.hpp"

// Work with idle priority, on threads that are kept.

namespace {

using namespace sallyport;
using namespace sallyport::test;

void runs_with_idle_priority(Checks& checks) {
    IdleThreads threads;
    int policy = -1;
    std::thread::id ran_on;
    threads.run([&] {
        policy = sched_getscheduler(0);
        ran_on = std::this_thread::get_id();
    });
    checks.equal(policy, SCHED_IDLE, "the policy");
    checks.that(ran_on != std::this_thread::get_id(), "another thread");
}

void keeps_its_threads(Checks& checks) {
    IdleThreads threads;
    std::vector<std::thread::id> ran_on(50);
    for (std::thread::id& id : ran_on) {
        threads.run([&] { id = std::this_thread::get_id(); });
    }
    for (const std::thread::id& id : ran_on) {
        checks.that(id == ran_on.front(), "the same thread");
    }
    checks.equal(static_cast<int>(threads.size()), 1, "threads");
}

void has_a_thread_for_each_that_runs_at_once(Checks& checks) {
    constexpr int at_once = 4;
    IdleThreads threads;
    for (int round = 0; round < 20; ++round) {
        std::barrier together(at_once);
        std::atomic<int> ran = 0;
        std::array<std::thread, at_once> callers;
        for (std::thread& caller : callers) {
            caller = std::thread([&] {
                threads.run([&] {
                    together.arrive_and_wait(); // never, with fewer threads
                    ++ran;
                });
            });
        }
        for (std::thread& caller : callers) {
            caller.join();
        }
        checks.equal(ran.load(), at_once, "ran");
    }
    checks.equal(static_cast<int>(threads.size()), at_once, "threads");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<runs_with_idle_priority>),
        cmocka_unit_test(run<keeps_its_threads>),
        cmocka_unit_test(run<has_a_thread_for_each_that_runs_at_once>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
