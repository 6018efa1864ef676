#include "json/compare.hpp"

#include <algorithm>
#include <string_view>

namespace sallyport::json {
namespace {

using Kind = Element::Kind;

bool is_number(const Element* value) noexcept {
    return is(value, Kind::integer) || is(value, Kind::real);
}

// Integers of any length. JSON does not allow leading zeros, so the longer one is larger.
std::strong_ordering order_integers(std::string_view a, std::string_view b) noexcept {
    const bool a_is_negative = a.starts_with('-') && a != "-0";
    const bool b_is_negative = b.starts_with('-') && b != "-0";
    if (a_is_negative != b_is_negative) {
        return a_is_negative ? std::strong_ordering::less : std::strong_ordering::greater;
    }
    a.remove_prefix(a.starts_with('-') ? 1 : 0);
    b.remove_prefix(b.starts_with('-') ? 1 : 0);
    const auto larger = a.size() != b.size() ? a.size() <=> b.size() : a <=> b;
    return a_is_negative ? 0 <=> larger : larger;
}

bool equal_arrays(const Element* a, const Element* b) noexcept {
    const Elements left(a);
    const Elements right(b);
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(), right.end(), equal);
}

// Neither object repeats a name.
bool equal_objects(const Element* a, const Element* b) noexcept {
    if (a->size() != b->size()) {
        return false;
    }
    const Element* name = a->first();
    for (std::size_t left = a->size(); left > 0; --left) {
        const Element* const value = name->next();
        const Element* const other = member(b, name->string());
        if (other == nullptr || !equal(value, other)) {
            return false;
        }
        name = value->next();
    }
    return true;
}

} // namespace

bool equal(const Element* a, const Element* b) noexcept {
    if (a->kind() != b->kind()) {
        return false;
    }
    switch (a->kind()) {
    case Kind::integer:
        return order_integers(a->number(), b->number()) == 0;
    case Kind::real:
        return a->real() == b->real();
    case Kind::string:
        return a->string() == b->string();
    case Kind::array:
        return equal_arrays(a, b);
    case Kind::object:
        return equal_objects(a, b);
    default:
        return true;
    }
}

std::optional<std::partial_ordering> order(const Element* a, const Element* b) noexcept {
    if (!is_number(a) || !is_number(b)) {
        return std::nullopt;
    }
    if (is(a, Kind::integer) && is(b, Kind::integer)) {
        return order_integers(a->number(), b->number());
    }
    return a->real() <=> b->real();
}

} // namespace sallyport::json
