#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Texts that are larger are parsed in the background, so that no request waits for it.
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
using Outcome = std::shared_ptr<std::optional<Result<T>>>;

template <typename T>
std::function<void()> noting(std::function<Result<T>()> work, Outcome<T> outcome) {
    return [work = std::move(work), outcome = std::move(outcome)] {
        try {
            *outcome = work();
        } catch (const std::exception& e) {
            *outcome = Result<T>(failure(e.what()));
        } catch (...) {
            *outcome = Result<T>(failure("failed"));
        }
    };
}

template <typename T>
void in_background(std::function<Result<T>()> work, std::function<void(Result<T>)> done) {
    const auto outcome = std::make_shared<std::optional<Result<T>>>();
    in_background(noting(std::move(work), outcome),
                  [done = std::move(done), outcome] { done(std::move(**outcome)); });
}

template <typename T>
bool try_in_background(std::function<Result<T>()> work, std::function<void(Result<T>)> done) {
    const auto outcome = std::make_shared<std::optional<Result<T>>>();
    return try_in_background(noting(std::move(work), outcome),
                             [done = std::move(done), outcome] { done(std::move(**outcome)); });
}

} // namespace sallyport::ngx
