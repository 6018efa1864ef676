#pragma once

#include <cstddef>
#include <functional>
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

// Has nginx start the thread pool of auth_thread_pool, where it has threads. When all of the http
// block was read.
bool want_threads(ngx_conf_t* cf) noexcept;

// Runs `work` on a thread of that pool and then `done` in the event loop. Both must own what they
// touch. A worker that quits may never come to `done`. False when there is no room in the pool, or
// no pool: nothing will run.
bool try_in_background(std::function<void()> work, std::function<void()> done);

// The same, but both run at once where there is no room.
void in_background(const std::function<void()>& work, const std::function<void()>& done);

// The same for work with an outcome. An exception becomes a failure.
template <typename T>
void in_background(std::function<Result<T>()> work, std::function<void(Result<T>)> done) {
    const auto outcome = no_outcome<T>();
    in_background(noting(std::move(work), outcome), using_outcome(std::move(done), outcome));
}

template <typename T>
bool try_in_background(std::function<Result<T>()> work, std::function<void(Result<T>)> done) {
    const auto outcome = no_outcome<T>();
    return try_in_background(noting(std::move(work), outcome),
                             using_outcome(std::move(done), outcome));
}

} // namespace sallyport::ngx
