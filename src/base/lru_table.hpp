#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace sallyport {

// A hash table of objects that also keeps the order of their use. Objects are linked through a base
// class, so that finding one reads nothing but its bucket. Objects that are removed, and those that
// remain at the end, are passed to T::drop(T&) noexcept.
template <typename T>
class LruTable {
  public:
    // The base class. An object can be in one table only.
    class Hook {
        friend class LruTable;
        T* next_ = nullptr; // in the bucket
        T* newer_ = nullptr;
        T* older_ = nullptr;
        std::size_t hash_ = 0;
    };

    LruTable() = default;
    LruTable(LruTable&& other) noexcept { swap(other); }
    LruTable& operator=(LruTable&& other) noexcept {
        LruTable(std::move(other)).swap(*this);
        return *this;
    }
    LruTable(const LruTable&) = delete;
    LruTable& operator=(const LruTable&) = delete;
    ~LruTable() {
        while (oldest_ != nullptr) {
            remove(*oldest_);
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    // Null if the table is empty.
    [[nodiscard]] T* oldest() const noexcept { return oldest_; }

    // The first object in the bucket, which usually is the one searched for; may be null.
    [[nodiscard]] T* first(std::size_t hash) const noexcept {
        return buckets_.empty() ? nullptr : buckets_[place(hash)];
    }
    // The first object with this hash for which `is` returns true, or null.
    template <typename Is>
    [[nodiscard]] T* find(std::size_t hash, Is&& is) const {
        T* object = first(hash);
        while (object != nullptr && !(hook(*object).hash_ == hash && is(std::as_const(*object)))) {
            object = hook(*object).next_;
        }
        return object;
    }

    [[nodiscard]] T* find(std::size_t hash) const {
        return find(hash, [](const T&) { return true; });
    }

    // Adds the object as the newest. Throws if there is no memory; the object then is in no table.
    void add(T& object, std::size_t hash) {
        if (2 * size_ >= buckets_.size()) {
            grow();
        }
        hook(object).hash_ = hash;
        put(object);
        link_newest(object);
        ++size_;
    }
    void remove(T& object) noexcept {
        T** at = &buckets_[place(hook(object).hash_)];
        while (*at != &object) {
            at = &hook(**at).next_;
        }
        *at = hook(object).next_;
        unlink(object);
        --size_;
        T::drop(object);
    }

    // Makes the object the newest.
    void renew(T& object) noexcept {
        if (&object != newest_) {
            unlink(object);
            link_newest(object);
        }
    }
    // Makes the object the oldest.
    void demote(T& object) noexcept {
        unlink(object);
        hook(object).older_ = nullptr;
        hook(object).newer_ = oldest_;
        (oldest_ != nullptr ? hook(*oldest_).older_ : newest_) = &object;
        oldest_ = &object;
    }

  private:
    void swap(LruTable& other) noexcept {
        std::swap(buckets_, other.buckets_);
        std::swap(size_, other.size_);
        std::swap(newest_, other.newest_);
        std::swap(oldest_, other.oldest_);
    }

    static constexpr std::size_t least_buckets = 16;

    static Hook& hook(T& object) noexcept { return object; }

    // The number of buckets is a power of two and at least twice the number of objects, so that
    // most buckets contain one object at most.
    [[nodiscard]] std::size_t place(std::size_t hash) const noexcept {
        return hash & (buckets_.size() - 1);
    }
    void put(T& object) noexcept {
        T*& bucket = buckets_[place(hook(object).hash_)];
        hook(object).next_ = bucket;
        bucket = &object;
    }
    void grow() {
        std::vector<T*> more(std::max(least_buckets, 2 * buckets_.size()));
        buckets_.swap(more);
        for (T* object = newest_; object != nullptr; object = hook(*object).older_) {
            put(*object);
        }
    }

    void unlink(T& object) noexcept {
        T* const newer = hook(object).newer_;
        T* const older = hook(object).older_;
        (newer != nullptr ? hook(*newer).older_ : newest_) = older;
        (older != nullptr ? hook(*older).newer_ : oldest_) = newer;
    }
    void link_newest(T& object) noexcept {
        hook(object).newer_ = nullptr;
        hook(object).older_ = newest_;
        (newest_ != nullptr ? hook(*newest_).newer_ : oldest_) = &object;
        newest_ = &object;
    }

    std::vector<T*> buckets_;
    std::size_t size_ = 0;
    T* newest_ = nullptr;
    T* oldest_ = nullptr;
};

} // namespace sallyport
