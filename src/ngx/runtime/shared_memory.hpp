#pragma once

#include <cstddef>
#include <mutex>
#include <span>

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

inline ngx_slab_pool_t* slab(ngx_shm_zone_t* zone) noexcept {
    return reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
}

// Holds the lock of a zone across all processes. nginx releases the lock of a process that died
// while holding it.
class SharedLock {
  public:
    explicit SharedLock(ngx_shm_zone_t* zone) noexcept : mutex_(&slab(zone)->mutex) {
        ngx_shmtx_lock(mutex_);
    }
    // Takes over a lock that is held, see try_lock().
    SharedLock(ngx_shm_zone_t* zone, std::adopt_lock_t) noexcept : mutex_(&slab(zone)->mutex) {}
    SharedLock(const SharedLock&) = delete;
    SharedLock& operator=(const SharedLock&) = delete;
    ~SharedLock() { ngx_shmtx_unlock(mutex_); }

  private:
    ngx_shmtx_t* mutex_;
};

// Returns false if another process holds the lock.
inline bool try_lock(ngx_shm_zone_t* zone) noexcept {
    return ngx_shmtx_trylock(&slab(zone)->mutex) != 0;
}

// All memory of a new zone. Empty if it is too small for nginx's own records.
inline std::span<std::byte> take_all(ngx_shm_zone_t* zone) noexcept {
    ngx_slab_pool_t* const pool = slab(zone);
    const std::size_t size = pool->pfree * ngx_pagesize;
    auto* const memory = static_cast<std::byte*>(ngx_slab_alloc(pool, size));
    return memory != nullptr ? std::span(memory, size) : std::span<std::byte>();
}

} // namespace sallyport::ngx
