#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <malloc.h>
#include <pthread.h>

// What a function leaves of a secret in memory that it freed, or on its stack. For one program:
// it replaces free() and realloc().

namespace sallyport::test {

// Set only while a function is watched.
inline std::string_view watched_secret;
inline int freed_copies = 0;

inline void look_at_freed(void* memory) noexcept {
    const std::string_view secret = watched_secret;
    if (memory == nullptr || secret.empty()) {
        return;
    }
    const std::size_t size = malloc_usable_size(memory);
    if (memmem(memory, size, secret.data(), secret.size()) != nullptr) {
        ++freed_copies;
    }
}

} // namespace sallyport::test

#ifndef __has_feature // of clang, which does not define gcc's __SANITIZE_ADDRESS__
#define __has_feature(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)

extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*,
                                                                  std::size_t),
                                                         void (*)(const volatile void*));

namespace sallyport::test {

inline const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) {},
    [](const volatile void* memory) { look_at_freed(const_cast<void*>(memory)); });

} // namespace sallyport::test

#else

extern "C" void __libc_free(void*);

extern "C" void free(void* memory) {
    sallyport::test::look_at_freed(memory);
    __libc_free(memory);
}

extern "C" void* realloc(void* memory, std::size_t size) {
    void* const moved = malloc(size);
    if (moved != nullptr && memory != nullptr) {
        const std::size_t old = malloc_usable_size(memory);
        std::memcpy(moved, memory, old < size ? old : size);
        free(memory);
    }
    return moved;
}

#endif

namespace sallyport::test {

struct LeftBehind {
    int in_freed_memory = 0;
    bool on_the_stack = false;
};

// Runs the function on a thread with a stack of its own. The caller keeps the secret itself.
inline LeftBehind left_behind(std::string_view secret, const std::function<void()>& work) {
    constexpr std::size_t size = 1 << 20;
    std::vector<char> stack(size);
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, stack.data(), size) != 0) {
        throw std::runtime_error("no stack");
    }
    work(); // binds the functions it calls: the dynamic linker saves registers on the stack
    freed_copies = 0;
    watched_secret = secret;
    const int failed = pthread_create(
        &thread, &attributes,
        [](void* data) -> void* {
            (*static_cast<const std::function<void()>*>(data))();
            return nullptr;
        },
        const_cast<std::function<void()>*>(&work));
    if (failed == 0) {
        pthread_join(thread, nullptr);
    }
    watched_secret = {};
    pthread_attr_destroy(&attributes);
    if (failed != 0) {
        throw std::runtime_error("no thread");
    }
    return {freed_copies, memmem(stack.data(), size, secret.data(), secret.size()) != nullptr};
}

} // namespace sallyport::test
