#pragma once

#include <memory>

namespace sallyport {

template <auto Free>
struct FreeWith {
    template <typename T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};

// Owner of a C object; as large as the pointer it holds.
template <typename T, auto Free>
using Handle = std::unique_ptr<T, FreeWith<Free>>;

} // namespace sallyport
