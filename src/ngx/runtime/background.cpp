#include "ngx/runtime/background.hpp"

#include <memory>

#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/worker.hpp"

#if (NGX_THREADS)
extern "C" {
#include <ngx_thread_pool.h>
}
#endif

namespace sallyport::ngx {

#if (NGX_THREADS)

namespace {

constexpr ngx_msec_t hold = 60'000;

// Owns itself from the time it is posted until its event was handled.
struct Task {
    ngx_thread_task_t task{};
    std::function<void()> work;
    std::function<void()> done;
};

void run(void* data, ngx_log_t* log) noexcept {
    guard(log, "background work", 0, [&] {
        static_cast<Task*>(data)->work();
        return 0;
    });
}

// The timer does nothing but keep a worker that quits until the task is done.
void finish(ngx_event_t* event) noexcept {
    if (event->complete == 0) {
        ngx_add_timer(event, hold);
        return;
    }
    const std::unique_ptr<Task> task(static_cast<Task*>(event->data));
    if (event->timer_set) {
        ngx_del_timer(event);
    }
    guard(ngx_cycle->log, "background work", 0, [&] {
        task->done();
        return 0;
    });
}

} // namespace

bool want_threads(ngx_conf_t* cf) noexcept {
    return ngx_thread_pool_add(cf, &worker(cf)->thread_pool) != nullptr;
}

bool try_in_background(std::function<void()> work, std::function<void()> done) {
    auto* const cycle = const_cast<ngx_cycle_t*>(ngx_cycle);
    auto task = std::make_unique<Task>();
    task->work = std::move(work);
    task->done = std::move(done);
    task->task.handler = run;
    task->task.ctx = task.get();
    task->task.event.handler = finish;
    task->task.event.data = task.get();
    task->task.event.log = cycle->log;
    Worker* const own = worker(cycle);
    ngx_thread_pool_t* const pool =
        own != nullptr ? ngx_thread_pool_get(cycle, &own->thread_pool) : nullptr;
    if (pool == nullptr || ngx_thread_task_post(pool, &task->task) != NGX_OK) {
        return false;
    }
    ngx_add_timer(&task->task.event, hold);
    static_cast<void>(task.release());
    return true;
}

#else

bool want_threads(ngx_conf_t*) noexcept {
    return true;
}

bool try_in_background(std::function<void()>, std::function<void()>) {
    return false;
}

#endif

void in_background(const std::function<void()>& work, const std::function<void()>& done) {
    if (!try_in_background(work, done)) {
        work();
        done();
    }
}

} // namespace sallyport::ngx
