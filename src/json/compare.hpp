#pragma once

#include <compare>
#include <optional>

#include "json/document.hpp"

namespace sallyport::json {

// Neither may be null.

// Whether two values are the same: of one kind, with equal content at every level. An integer never
// equals a real (1e2 is a real), and the order of an object's members does not matter.
bool equal(const Element* a, const Element* b) noexcept;

// The order of two numbers, exact for integers; nothing if either is not a number.
std::optional<std::partial_ordering> order(const Element* a, const Element* b) noexcept;

} // namespace sallyport::json
