#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "base/result.hpp"

namespace sallyport {

// The outcome of work on another thread. A failure until there is one, in words that need no
// memory.
template <typename T>
using Outcome = std::shared_ptr<Result<T>>;

template <typename T>
Outcome<T> no_outcome() {
    return std::make_shared<Result<T>>(failure("failed"));
}

// Work that leaves its outcome there. An exception becomes a failure; none leaves it.
template <typename T>
std::function<void()> noting(std::function<Result<T>()> work, Outcome<T> outcome) {
    return [work = std::move(work), outcome = std::move(outcome)]() noexcept {
        try {
            try {
                *outcome = work();
            } catch (const std::exception& e) {
                *outcome = Result<T>(failure(e.what()));
            }
        } catch (...) { // there is not even memory to say why
        }
    };
}

// Makes use of an outcome that will not be needed again.
template <typename T>
std::function<void()> using_outcome(std::function<void(Result<T>)> use, Outcome<T> outcome) {
    return [use = std::move(use), outcome = std::move(outcome)] { use(std::move(*outcome)); };
}

} // namespace sallyport
