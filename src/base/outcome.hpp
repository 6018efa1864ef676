#pragma once

#include <exception>
#include <type_traits>

#include "base/result.hpp"

namespace sallyport {

// Calls `work`, which returns a Result, and turns an exception into a failure with the text of the
// exception, or "failed" if there is no memory for it.
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
