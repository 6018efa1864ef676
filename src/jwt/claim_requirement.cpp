#include "jwt/claim_requirement.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "json/builder.hpp"
#include "json/compare.hpp"

namespace sallyport::jwt {
namespace {

using Kind = ClaimOperator::Kind;
using ValueKind = json::Element::Kind;

// Nothing: the types cannot be compared.
using Comparison = std::optional<bool>;

template <typename Holds>
Comparison compare_numbers(const json::Element* claim, const json::Element* expected,
                           Holds&& holds) {
    const auto order = json::order(claim, expected);
    return order ? std::optional(holds(*order)) : std::nullopt;
}

bool contains(const json::Element* array, const json::Element* value) {
    const json::Elements elements(array);
    return std::any_of(elements.begin(), elements.end(),
                       [&](const json::Element* element) { return json::equal(element, value); });
}

Comparison is_in(const json::Element* claim, const json::Element* expected) {
    if (json::is(expected, ValueKind::array)) {
        return contains(expected, claim);
    }
    const auto name = json::string(claim);
    if (!json::is(expected, ValueKind::object) || !name) {
        return std::nullopt;
    }
    return json::member(expected, *name) != nullptr;
}

Comparison shares_element(const json::Element* claim, const json::Element* expected) {
    if (!json::is(expected, ValueKind::array) || json::is(claim, ValueKind::object) ||
        expected->size() > ExpectedClaim::max_array) {
        return std::nullopt;
    }
    if (!json::is(claim, ValueKind::array)) {
        return contains(expected, claim);
    }
    const json::Elements elements(claim);
    return std::any_of(elements.begin(), elements.end(),
                       [&](const json::Element* element) { return contains(expected, element); });
}

Comparison matches(const json::Element* claim, const Pattern* pattern) {
    const auto text = json::string(claim);
    return text && pattern != nullptr ? pattern->matches(*text) : std::nullopt;
}

Comparison compare(const json::Element* claim, Kind kind, const ExpectedClaim& expected) {
    switch (kind) {
    case Kind::eq:
        return json::equal(claim, expected.value());
    case Kind::gt:
        return compare_numbers(claim, expected.value(), [](auto order) { return order > 0; });
    case Kind::ge:
        return compare_numbers(claim, expected.value(), [](auto order) { return order >= 0; });
    case Kind::lt:
        return compare_numbers(claim, expected.value(), [](auto order) { return order < 0; });
    case Kind::le:
        return compare_numbers(claim, expected.value(), [](auto order) { return order <= 0; });
    case Kind::in:
        return is_in(claim, expected.value());
    case Kind::any:
        return shares_element(claim, expected.value());
    case Kind::match:
        break;
    }
    return matches(claim, expected.pattern());
}

} // namespace

std::optional<ClaimOperator> ClaimOperator::parse(std::string_view text) noexcept {
    struct Name {
        std::string_view text;
        ClaimOperator meaning;
    };
    constexpr std::array names{
        Name{"eq", {Kind::eq}},         Name{"gt", {Kind::gt}},
        Name{"ge", {Kind::ge}},         Name{"lt", {Kind::lt}},
        Name{"le", {Kind::le}},         Name{"in", {Kind::in}},
        Name{"any", {Kind::any}},       Name{"match", {Kind::match}},
        Name{"ne", {Kind::eq, true}},   Name{"nin", {Kind::in, true}},
        Name{"intersect", {Kind::any}}, Name{"nintersect", {Kind::any, true}},
    };
    const bool negated = text.starts_with('!');
    text.remove_prefix(negated ? 1 : 0);
    const auto* const found = std::find_if(names.begin(), names.end(),
                                           [&](const Name& name) { return name.text == text; });
    if (found == names.end()) {
        return std::nullopt;
    }
    return ClaimOperator{found->meaning.kind, found->meaning.negated != negated};
}

Result<ExpectedClaim> ExpectedClaim::make(Kind kind, json::Document value) {
    ExpectedClaim expected;
    expected.value_ = std::move(value);
    if (kind == Kind::any && expected.value()->size() > max_array) {
        return failure("has an array of more than 1024 elements");
    }
    const auto text = json::string(expected.value());
    if (kind == Kind::match && text) {
        auto pattern = Pattern::compile(*text);
        if (!pattern) {
            return failure(pattern.error());
        }
        expected.pattern_.emplace(std::move(*pattern));
    }
    return expected;
}

Result<ExpectedClaim> ExpectedClaim::from_text(Kind kind, std::string_view text) {
    json::DocumentBuilder builder;
    builder.add(text);
    return make(kind, builder.finish());
}

Result<ExpectedClaim> ExpectedClaim::from_json(Kind kind, std::string_view text) {
    constexpr json::Limits limits{max_json_bytes, 16};
    json::Document value = json::parse_value_document(text, limits);
    if (!value) {
        return failure("has a value that is not JSON");
    }
    return make(kind, std::move(value));
}

ClaimMatch compare(const json::Element* claim, ClaimOperator operation,
                   const ExpectedClaim& expected) {
    if (claim == nullptr || json::is(claim, ValueKind::null)) {
        return ClaimMatch::unmet;
    }
    const Comparison holds = compare(claim, operation.kind, expected);
    if (!holds) {
        const bool was_matched = expected.pattern() != nullptr && json::string(claim);
        return was_matched ? ClaimMatch::too_expensive : ClaimMatch::unmet;
    }
    return *holds != operation.negated ? ClaimMatch::met : ClaimMatch::unmet;
}

} // namespace sallyport::jwt
