#pragma once

#include <cstdlib>
#include <new>

#include "check.hpp"

// Memory that runs out: included by one source of a test, whose operator new it is.

namespace sallyport::test {

inline long allocations_left = -1; // negative: any number

// Does the work with memory for no allocation, for one, for two, and so on, until there is enough:
// true of `work(n)`. Before that it may throw std::bad_alloc, and nothing else.
template <typename Work>
void with_little_memory(Checks& checks, const Work& work) {
    constexpr long most = 1000;
    bool enough = false;
    for (long n = 0; !enough && n < most; ++n) {
        try {
            enough = work(n);
        } catch (const std::bad_alloc&) {
            enough = false;
        }
        allocations_left = -1;
    }
    checks.that(enough, "comes to its end when there is memory");
}

// While it lives, the allocation after the next n fails, and all that follow.
class LittleMemory {
  public:
    explicit LittleMemory(long n) { allocations_left = n; }
    LittleMemory(const LittleMemory&) = delete;
    LittleMemory& operator=(const LittleMemory&) = delete;
    ~LittleMemory() { allocations_left = -1; }
};

} // namespace sallyport::test

[[gnu::noinline]] void* operator new(std::size_t size) {
    using sallyport::test::allocations_left;
    if (allocations_left == 0) {
        throw std::bad_alloc();
    }
    allocations_left -= allocations_left > 0 ? 1 : 0;
    if (void* const memory = std::malloc(size)) {
        return memory;
    }
    throw std::bad_alloc();
}

[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}

[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}
