#pragma once

#include <cstddef>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The cleanup handler of a T in a pool. Its address also identifies the record as holding a T.
template <typename T>
void destroy(void* object) {
    static_cast<T*>(object)->~T();
}

// A C++ object that lives as long as the pool, and is destroyed with it.
template <typename T, typename... Args>
T* make(ngx_pool_t* pool, Args&&... args) {
    static_assert(alignof(T) <= NGX_ALIGNMENT);
    ngx_pool_cleanup_t* const cleanup = ngx_pool_cleanup_add(pool, sizeof(T));
    if (cleanup == nullptr) {
        throw std::bad_alloc();
    }
    T* const object = new (cleanup->data) T{std::forward<Args>(args)...};
    cleanup->handler = destroy<T>;
    return object;
}

// Uninitialised memory for an array of trivial objects.
template <typename T>
T* make_room(ngx_pool_t* pool, std::size_t count) {
    static_assert(std::is_trivial_v<T> && alignof(T) <= NGX_ALIGNMENT);
    void* const memory = ngx_palloc(pool, count * sizeof(T));
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return static_cast<T*>(memory);
}

// The objects of type T in a pool, latest first, for as long as `visit` returns true.
template <typename T, typename Visit>
void each(ngx_pool_t* pool, Visit&& visit) {
    for (ngx_pool_cleanup_t* c = pool->cleanup; c != nullptr; c = c->next) {
        if (c->handler == destroy<T> && !visit(*static_cast<T*>(c->data))) {
            return;
        }
    }
}

inline ngx_str_t pool_copy(ngx_pool_t* pool, std::string_view text) {
    // NUL-terminated, because nginx prints some of these with %s.
    auto* const data = static_cast<u_char*>(ngx_pnalloc(pool, text.size() + 1));
    if (data == nullptr) {
        throw std::bad_alloc();
    }
    *ngx_copy(data, text.data(), text.size()) = '\0';
    return {text.size(), data};
}

} // namespace sallyport::ngx
