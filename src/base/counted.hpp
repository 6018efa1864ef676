#pragma once

#include <cstddef>
#include <utility>

namespace sallyport {

// How many Counted there are of an object: a base of it.
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

// A share of an object that was made with `new`; the last one to go deletes it. As std::shared_ptr,
// but the count is in the object, and for one thread. Null when it was moved from.
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

    // Of a share that release() left.
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
    // Of the same object.
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
