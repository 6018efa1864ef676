#pragma once

#include <compare>
#include <optional>

#include "json/document.hpp"

namespace sallyport::json {

// The arguments must not be null.

// Whether two values are of the same kind with equal content at every level. An integer never
// equals a real (1e2 is a real). The order of members does not matter.
bool equal(const Element* a, const Element* b) noexcept;

// Compares two numbers, exactly for integers. Empty if either value is not a number.
std::optional<std::partial_ordering> order(const Element* a, const Element* b) noexcept;

} // namespace sallyport::json
