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

// Owns a C object. As large as a pointer.
template <typename T, auto Free>
using Handle = std::unique_ptr<T, FreeWith<Free>>;

} // namespace sallyport
