#pragma once

#include <string>
#include <utility>
#include <variant>

namespace sallyport {

// The failure of a Result. Makes failures visible where they are returned.
template <typename E>
struct Failure {
    E error;
};

template <typename E>
Failure(E) -> Failure<E>;

inline Failure<std::string> failure(std::string text) {
    return {std::move(text)};
}

// A value, or the reason why there is none. For expected outcomes; exceptions are for unexpected
// ones. Reading the wrong alternative throws std::bad_variant_access.
template <typename T, typename E = std::string>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    template <typename F>
    Result(Failure<F> failed) : state_(std::in_place_index<1>, std::move(failed.error)) {}

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T& value() & { return std::get<0>(state_); }
    const T& value() const& { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const E& error() const& { return std::get<1>(state_); }

  private:
    std::variant<T, E> state_;
};

} // namespace sallyport
