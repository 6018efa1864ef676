#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Has nginx start its thread pool "default", where it has threads.
bool want_threads(ngx_conf_t* cf) noexcept;

// Runs `work` on a thread of that pool and then `done` in the event loop; both at once where there
// are no threads. Both must own what they touch. A worker that quits may never come to `done`.
void in_background(std::function<void()> work, std::function<void()> done);

// The same for work with an outcome. An exception becomes a failure.
template <typename T>
void in_background(std::function<Result<T>()> work, std::function<void(Result<T>)> done) {
    auto outcome = std::make_shared<std::optional<Result<T>>>();
    in_background(
        [work = std::move(work), outcome] {
            try {
                *outcome = work();
            } catch (const std::exception& e) {
                *outcome = Result<T>(failure(e.what()));
            } catch (...) {
                *outcome = Result<T>(failure("failed"));
            }
        },
        [done = std::move(done), outcome] { done(std::move(**outcome)); });
}

} // namespace sallyport::ngx
