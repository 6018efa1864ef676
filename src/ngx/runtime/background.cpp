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
struct Posted {
    ngx_thread_task_t task{};
    std::unique_ptr<Job> job;
};

void run(void* data, ngx_log_t*) noexcept {
    static_cast<Posted*>(data)->job->run();
}

// The timer only keeps a worker that quits alive until the job is done.
void finish(ngx_event_t* event) noexcept {
    if (event->complete == 0) {
        ngx_add_timer(event, hold);
        return;
    }
    const std::unique_ptr<Posted> posted(static_cast<Posted*>(event->data));
    if (event->timer_set) {
        ngx_del_timer(event);
    }
    guard(ngx_cycle->log, "background work", 0, [&] {
        posted->job->finish();
        return 0;
    });
}

} // namespace

bool want_threads(ngx_conf_t* cf) noexcept {
    return ngx_thread_pool_add(cf, &worker(cf)->thread_pool) != nullptr;
}

bool try_post(std::unique_ptr<Job>& job) {
    auto* const cycle = const_cast<ngx_cycle_t*>(ngx_cycle);
    Worker* const own = worker(cycle);
    ngx_thread_pool_t* const pool =
        own != nullptr ? ngx_thread_pool_get(cycle, &own->thread_pool) : nullptr;
    if (pool == nullptr) {
        return false;
    }
    auto posted = std::make_unique<Posted>();
    posted->task.handler = run;
    posted->task.ctx = posted.get();
    posted->task.event.handler = finish;
    posted->task.event.data = posted.get();
    posted->task.event.log = cycle->log;
    posted->job = std::move(job);
    if (ngx_thread_task_post(pool, &posted->task) != NGX_OK) {
        job = std::move(posted->job);
        return false;
    }
    ngx_add_timer(&posted->task.event, hold);
    static_cast<void>(posted.release());
    return true;
}

#else

bool want_threads(ngx_conf_t*) noexcept {
    return true;
}

bool try_post(std::unique_ptr<Job>&) {
    return false;
}

#endif

} // namespace sallyport::ngx
