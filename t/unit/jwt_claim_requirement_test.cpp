#include "jwt/claim_requirement.hpp"

#include <string>

#include "check.hpp"
#include "property.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using jwt::ClaimOperator;
using jwt::ExpectedClaim;
using Kind = ClaimOperator::Kind;

constexpr json::Limits limits{100'000, 32};

bool is_met(const json::Element* claim, ClaimOperator operation, const ExpectedClaim& expected) {
    return compare(claim, operation, expected) == jwt::ClaimMatch::met;
}

json::Document parse(std::string_view text) {
    return json::parse_value_document(text, limits);
}

bool met(std::string_view claim, std::string_view name, std::string_view expected) {
    const auto operation = ClaimOperator::parse(name);
    const json::Document value = parse(claim);
    return is_met(value.root(), *operation, *ExpectedClaim::from_json(operation->kind, expected));
}

void operators_have_names(Checks& checks) {
    struct {
        const char* name;
        ClaimOperator meaning;
    } const names[] = {
        {"eq", {Kind::eq, false}},       {"!eq", {Kind::eq, true}},
        {"ne", {Kind::eq, true}},        {"!ne", {Kind::eq, false}},
        {"gt", {Kind::gt, false}},       {"!ge", {Kind::ge, true}},
        {"lt", {Kind::lt, false}},       {"le", {Kind::le, false}},
        {"in", {Kind::in, false}},       {"nin", {Kind::in, true}},
        {"any", {Kind::any, false}},     {"intersect", {Kind::any, false}},
        {"!any", {Kind::any, true}},     {"nintersect", {Kind::any, true}},
        {"match", {Kind::match, false}},
    };
    for (const auto& [name, meaning] : names) {
        checks.that(ClaimOperator::parse(name) == meaning, name);
    }
    for (const char* text : {"", "!", "!!eq", "EQ", "eq ", "equals", "=", "nmatch", "ngt"}) {
        checks.that(!ClaimOperator::parse(text), text);
    }
}

void values_that_are_met(Checks& checks) {
    struct {
        const char* claim;
        const char* name;
        const char* expected;
        bool met;
        bool comparable = true; // otherwise the negated operator is not met either
    } const rows[] = {
        {R"("a")", "eq", R"("a")", true},
        {R"("a")", "eq", R"("b")", false},
        {R"("1")", "eq", "1", false},
        {"1", "eq", "1", true},
        {"100", "eq", "1e2", false},
        {"1.0", "eq", "1.00", true},
        {"-0", "eq", "0", true},
        {"18446744073709551617", "eq", "18446744073709551617", true},
        {"18446744073709551617", "eq", "18446744073709551616", false},
        {R"({"a":[1,{"b":null}],"c":true})", "eq", R"({"c":true,"a":[1,{"b":null}]})", true},
        {R"({"a":1})", "eq", R"({"a":1,"b":2})", false},
        {R"([1,2])", "eq", R"([2,1])", false},
        {"true", "eq", "true", true},
        {"true", "eq", "false", false},
        {"null", "eq", "null", false, false},
        {"2", "gt", "1", true},
        {"1", "gt", "1", false},
        {"1", "ge", "1", true},
        {"-2", "lt", "-1", true},
        {"-10", "lt", "-9", true},
        {"1.5", "le", "1.5", true},
        {"2", "gt", "1.5", true},
        {"9223372036854775808", "gt", "9223372036854775807", true},
        {"9007199254740993", "gt", "9007199254740992", true},
        {R"("2")", "gt", "1", false, false},
        {"2", "gt", R"("1")", false, false},
        {"true", "lt", "2", false, false},
        {R"("a")", "in", R"(["b","a"])", true},
        {R"(["a"])", "in", R"([["a"]])", true},
        {"3", "in", "[1,2]", false},
        {"3", "in", "[]", false},
        {R"("a")", "in", R"({"a":0})", true},
        {R"("b")", "in", R"({"a":0})", false},
        {"1", "in", R"({"1":0})", false, false},
        {R"("a")", "in", R"("a")", false, false},
        {R"(["a","b"])", "any", R"(["b","c"])", true},
        {R"(["a","b"])", "any", R"(["c"])", false},
        {R"("a")", "any", R"(["a"])", true},
        {"[]", "any", R"(["a"])", false},
        {R"({"a":1})", "any", R"(["a"])", false, false},
        {R"(["a"])", "any", R"("a")", false, false},
        {R"("abc")", "match", R"("b")", true},
        {R"("abc")", "match", R"("^b")", false},
        {"5", "match", R"("5")", false, false},
        {R"("5")", "match", "5", false, false},
    };
    for (const auto& row : rows) {
        const std::string what = std::string(row.claim) + ' ' + row.name + ' ' + row.expected;
        checks.that(met(row.claim, row.name, row.expected) == row.met, what);
        checks.that(met(row.claim, '!' + std::string(row.name), row.expected) ==
                        (row.comparable && !row.met),
                    "not: " + what);
    }
}

void a_missing_claim_meets_nothing(Checks& checks) {
    for (const char* name : {"eq", "gt", "in", "any", "match"}) {
        for (const bool negated : {false, true}) {
            const auto operation = ClaimOperator::parse(name);
            const ClaimOperator tried{operation->kind, negated};
            checks.that(!is_met(nullptr, tried, *ExpectedClaim::from_text(tried.kind, "a")), name);
        }
    }
}

void a_costly_pattern_is_not_met(Checks& checks) {
    const auto expected = ExpectedClaim::from_text(Kind::match, "^(a+)+$");
    const json::Document claim = parse('"' + std::string(16'000, 'a') + "!\"");
    for (const bool negated : {false, true}) {
        checks.that(compare(claim.root(), {Kind::match, negated}, *expected) ==
                        jwt::ClaimMatch::too_expensive,
                    negated ? "negated" : "plain");
    }
}

void invalid_values(Checks& checks) {
    checks.equal(ExpectedClaim::from_json(Kind::eq, "{").error(), "has a value that is not JSON",
                 "");
    checks.equal(ExpectedClaim::from_json(Kind::eq, "1,\"a\":2").error(),
                 "has a value that is not JSON", "two values");
    checks.equal(ExpectedClaim::from_json(Kind::eq, R"({"a":1,"a":2})").error(),
                 "has a value that is not JSON", "a name twice");
    checks.equal(ExpectedClaim::from_text(Kind::match, "(").error(),
                 "has an invalid pattern: missing closing parenthesis at 1", "");
    checks.equal(ExpectedClaim::from_text(Kind::match, std::string(1025, 'a')).error(),
                 "has a pattern of more than 1024 bytes", "");
    checks.that(ExpectedClaim::from_text(Kind::match, std::string(1024, 'a')).has_value(), "1024");
    std::string many = "[0";
    for (int i = 1; i < 1024; ++i) {
        many += ",0";
    }
    checks.that(ExpectedClaim::from_json(Kind::any, many + ']').has_value(), "1024 elements");
    checks.equal(ExpectedClaim::from_json(Kind::any, many + ",0]").error(),
                 "has an array of more than 1024 elements", "");
}

// The reference, with jansson's values: nothing where the types cannot be compared.
using Comparison = std::optional<bool>;

Comparison reference(const json_t* claim, Kind kind, const json_t* expected) {
    const auto contains = [](const json_t* array, const json_t* value) {
        bool found = false;
        for (std::size_t i = 0; i < json_array_size(array); ++i) {
            found = found || json_equal(json_array_get(array, i), value) == 1;
        }
        return found;
    };
    if (kind == Kind::eq) {
        return json_equal(claim, expected) == 1;
    }
    if (kind == Kind::in && json_is_array(expected)) {
        return contains(expected, claim);
    }
    if (kind == Kind::in && json_is_object(expected) && json_is_string(claim)) {
        return json_object_get(expected, json_string_value(claim)) != nullptr;
    }
    if (kind == Kind::any && json_is_array(expected) && !json_is_object(claim)) {
        bool shared = !json_is_array(claim) && contains(expected, claim);
        for (std::size_t i = 0; i < json_array_size(claim); ++i) {
            shared = shared || contains(expected, json_array_get(claim, i));
        }
        return shared;
    }
    if (kind <= Kind::le && json_is_number(claim) && json_is_number(expected)) {
        const double a = json_number_value(claim);
        const double b = json_number_value(expected);
        return kind == Kind::gt   ? a > b
               : kind == Kind::ge ? a >= b
               : kind == Kind::lt ? a < b
                                  : a <= b;
    }
    return std::nullopt;
}

// Few values of each type, so that they are often equal.
rc::Gen<std::string> json_text(int depth) {
    const auto scalar =
        rc::gen::element<std::string>("0", "1", "-1", "2", "1.0", "1.5", "1e1", "10", "true",
                                      "false", "null", R"("")", R"("a")", R"("b")", R"("1")");
    if (depth == 0) {
        return scalar;
    }
    const auto list = rc::gen::map(
        rc::gen::resize(4, rc::gen::container<std::vector<std::string>>(json_text(depth - 1))),
        [](const std::vector<std::string>& elements) {
            std::string text = "[";
            for (const std::string& element : elements) {
                text += (text.size() > 1 ? "," : "") + element;
            }
            return text + ']';
        });
    const auto object = rc::gen::map(
        rc::gen::resize(3, rc::gen::container<std::vector<std::string>>(json_text(depth - 1))),
        [](const std::vector<std::string>& values) {
            std::string text = "{";
            char name = 'a';
            for (const std::string& value : values) {
                text += std::string(text.size() > 1 ? "," : "") + '"' + name++ + "\":" + value;
            }
            return text + '}';
        });
    return rc::gen::oneOf(scalar, scalar, list, object);
}

void like_the_reference(Checks& checks) {
    ::setenv("RC_PARAMS", "max_success=20000", 0);
    property(checks, "operators agree with jansson's comparison", [] {
        const std::string claim = *json_text(2);
        const std::string expected = *json_text(2);
        const auto kind = static_cast<Kind>(*rc::gen::inRange(0, static_cast<int>(Kind::match)));
        const bool negated = *rc::gen::arbitrary<bool>();
        const json::Value left = json::parse_value(claim, limits);
        const json::Value right = json::parse_value(expected, limits);
        const Comparison holds =
            json_is_null(left.get()) ? std::nullopt : reference(left.get(), kind, right.get());
        const bool wanted = holds && *holds != negated;
        const json::Document value = parse(claim);
        RC_ASSERT(is_met(value.root(), {kind, negated},
                         *ExpectedClaim::from_json(kind, expected)) == wanted);
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<operators_have_names>),
        cmocka_unit_test(run<values_that_are_met>),
        cmocka_unit_test(run<a_missing_claim_meets_nothing>),
        cmocka_unit_test(run<a_costly_pattern_is_not_met>),
        cmocka_unit_test(run<invalid_values>),
        cmocka_unit_test(run<like_the_reference>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
