#pragma once

#include <cstddef>
#include <utility>

namespace sallyport {

// The base class of objects that are shared by Counted. It holds their reference count.
class Shares {
  public:
    Shares() = default;
    Shares(const Shares&) = delete;
    Shares& operator=(const Shares&) = delete;

  protected:
    ~Shares() = default;

  private:
    template <typename T>
    friend class Counted;

    mutable std::size_t count_ = 0;
};

// A reference to a shared object that was created with `new`; the last one deletes the object. Like
// std::shared_ptr, but the count is in the object and is not atomic: for one thread. Null after a
// move.
template <typename T>
class Counted {
  public:
    Counted() = default;
    explicit Counted(T* object) noexcept : object_(object) { take(); }
    Counted(const Counted& other) noexcept : object_(other.object_) { take(); }
    Counted(Counted&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Counted& operator=(Counted other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Counted() {
        if (object_ != nullptr && --shares() == 0) {
            delete object_;
        }
    }

    // Takes over a reference that release() gave up.
    [[nodiscard]] static Counted adopt(T* object) noexcept {
        Counted share;
        share.object_ = object;
        return share;
    }
    T* release() noexcept { return std::exchange(object_, nullptr); }

    [[nodiscard]] T* get() const noexcept { return object_; }
    T& operator*() const noexcept { return *object_; }
    T* operator->() const noexcept { return object_; }
    explicit operator bool() const noexcept { return object_ != nullptr; }
    // Compares identity.
    bool operator==(const Counted&) const = default;

  private:
    void take() noexcept {
        if (object_ != nullptr) {
            ++shares();
        }
    }
    [[nodiscard]] std::size_t& shares() const noexcept {
        return static_cast<const Shares*>(object_)->count_;
    }

    T* object_ = nullptr;
};

} // namespace sallyport
