#pragma once

#include <exception>
#include <type_traits>

#include "base/result.hpp"

namespace sallyport {

// Calls `work`, which returns a Result. An exception becomes a failure: its own words, or "failed",
// which needs no memory, if there is none left.
template <typename Work>
std::invoke_result_t<Work&> outcome_of(Work& work) noexcept {
    try {
        try {
            return work();
        } catch (const std::exception& e) {
            return failure(e.what());
        }
    } catch (...) {
        return failure("failed");
    }
}

} // namespace sallyport
