#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/outcome.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Larger texts are parsed on a thread, so that the worker does not block.
constexpr std::size_t max_inline_bytes = 32 << 10;

#if (NGX_THREADS)
constexpr bool has_threads = true;
#else
constexpr bool has_threads = false;
#endif

// Has nginx start the thread pool of auth_thread_pool, if nginx supports threads. Called after all
// of the http block was read.
bool want_threads(ngx_conf_t* cf) noexcept;

// Something to do on a thread of that pool, and then in the event loop. See Task.
class Job {
  public:
    Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    virtual ~Job() = default;

    virtual void run() noexcept = 0; // on the thread
    virtual void finish() = 0;       // in the event loop
};

// Takes the job and returns true, or leaves it alone if the pool is full or missing. A worker that
// quits may never call finish().
bool try_post(std::unique_ptr<Job>& job);

// Calls `work`, which returns a Result, on the thread, and passes the outcome to `done` in the
// event loop. Both own what they use, and may hold what can only be moved. An exception of `work`
// becomes a failure.
template <typename Work, typename Done>
class Task final : public Job {
  public:
    Task(Work work, Done done) : work_(std::move(work)), done_(std::move(done)) {}

    void run() noexcept override { outcome_ = sallyport::outcome_of(work_); }
    void finish() override { done_(std::move(outcome_)); }

  private:
    Work work_;
    Done done_;
    std::invoke_result_t<Work&> outcome_ = failure("did not run");
};

template <typename Work, typename Done>
std::unique_ptr<Job> make_job(Work work, Done done) {
    return std::make_unique<Task<Work, Done>>(std::move(work), std::move(done));
}

// Returns false if nothing will run, because the pool is full or missing:
//
//     try_in_background([text] { return parse(text); },
//                       [](Result<Parsed> parsed) { ... });
template <typename Work, typename Done>
bool try_in_background(Work work, Done done) {
    auto job = make_job(std::move(work), std::move(done));
    return try_post(job);
}

// Runs both at once in that case.
template <typename Work, typename Done>
void in_background(Work work, Done done) {
    auto job = make_job(std::move(work), std::move(done));
    if (!try_post(job)) {
        job->run();
        job->finish();
    }
}

// Destroys a large object on the thread, unless somebody else holds it.
template <typename T>
void free_in_background(std::shared_ptr<T> object) {
    if (object) {
        in_background(
            [object = std::move(object)]() mutable -> Result<bool> {
                object.reset();
                return true;
            },
            [](const Result<bool>&) {});
    }
}

} // namespace sallyport::ngx
