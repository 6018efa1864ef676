#include "check.hpp"
#include "jwt/nested_names.hpp"
#include "tokens.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

std::string text_of(const json::Element* value) {
    return value == nullptr ? "none" : json::compact(value);
}

// What the name leads to, and the same by its path.
std::string found(const NestedNames& notation, std::string_view name, std::string_view object) {
    const json::Document parsed = document_of(object);
    const auto path = notation.parse({std::string(name)});
    const std::string by_name = text_of(notation.find(parsed.root(), name));
    const std::string by_path = path ? text_of(path->find(parsed.root())) : "none";
    return by_name == by_path ? by_name : "differ: " + by_name + ", " + by_path;
}

void nested_names(Checks& checks) {
    struct Row {
        const char* name;
        const char* object;
        const char* wanted;
    };
    const Row rows[] = {
        {"a", R"({"a":1})", "1"},
        {"a", R"({"b":1})", "none"},
        {"a.b", R"({"a":{"b":2}})", "2"},
        {"a.b", R"({"a.b":1})", "none"},
        {"a.b", R"({"a.b":1,"a":{"b":2}})", "2"},
        {"a.b", R"({"a":["b"]})", "none"},
        {"a.b", R"({"a":5})", "none"},
        {"a.0", R"({"a":["b"]})", "none"},
        {"a.b.c", R"({"a":{"b":{"c":[3]}}})", "[3]"},
        {R"("a.b")", R"({"a.b":1})", "1"},
        {R"("a.b".c)", R"({"a.b":{"c":2}})", "2"},
        {R"(c."a.b")", R"({"c":{"a.b":2}})", "2"},
        {R"("a"."b")", R"({"a":{"b":2}})", "2"},
        {R"(".a")", R"({".a":1})", "1"},
        {R"("[0]")", R"({"[0]":1})", "1"},
        {R"(a\b)", R"({"a\\b":1})", "1"},
        {R"("a\b")", R"({"a\\b":1})", "1"},
        {"a]b", R"({"a]b":1})", "1"},
        {"a[0]", R"({"a[0]":1})", "1"},
        {"a b", R"({"a b":1})", "1"},
    };
    for (const Row& row : rows) {
        checks.equal(found({}, row.name, row.object), row.wanted, row.name);
    }
    const json::Document object = document_of(R"({"a":{"b":[7]}})");
    checks.equal(text_of(NestedNames{}.parse({".a.b[0]"})->find(object.root())), "7", "a path");
    checks.equal(text_of(NestedNames{}.parse({"a", ".b[0]"})->find(object.root())), "7", "both");
    checks.that(NestedNames{}.find(nullptr, "a.b") == nullptr, "in nothing");
}

void other_marks(Checks& checks) {
    constexpr const char* object = R"({"a":{"b":1},"a.b":2,"a_b":3,"x\"y":{"z":4}})";
    const NestedNames lines{"_", "'"};
    checks.equal(found(lines, "a_b", object), "1", "a_b");
    checks.equal(found(lines, "a.b", object), "2", "a.b");
    checks.equal(found(lines, "'a_b'", object), "3", "'a_b'");
    checks.equal(found(lines, "x\"y_z", object), "4", "x\"y_z");
    const NestedNames longer{"->", "%%"};
    checks.equal(found(longer, "a->b", object), "1", "a->b");
    checks.equal(found(longer, "%%a_b%%", object), "3", "%%a_b%%");
    checks.equal(found(longer, "%%a%%->b", object), "1", "%%a%%->b");
    checks.equal(found(longer, "a.b", object), "2", "a.b");
}

void broken_names(Checks& checks) {
    struct Row {
        const char* name;
        const char* wanted;
    };
    const Row rows[] = {
        {"", "has an empty name"},
        {"a.", "has an empty name"},
        {"a..b", "has an empty name"},
        {R"("")", "has an empty name"},
        {R"(a."")", "has an empty name"},
        {R"("a".)", "has an empty name"},
        {R"("a)", "lacks a closing quote"},
        {R"(a."b)", "lacks a closing quote"},
        {R"(")", "lacks a closing quote"},
        {R"(a"b)", "has a quote that is not around a whole name"},
        {R"(a"b")", "has a quote that is not around a whole name"},
        {R"("a"b)", "has a quote that is not around a whole name"},
        {R"("a""b")", "has a quote that is not around a whole name"},
        {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q", "has more than 16 levels"},
        {".a[", "has no index in its brackets"},
    };
    const json::Document object = document_of(R"({"":{"":1},"a":{"":1,"b":1},"b":1})");
    for (const Row& row : rows) {
        const auto path = NestedNames{}.parse({row.name});
        checks.equal(path.has_value() ? "valid" : path.error(), row.wanted, row.name);
        checks.that(NestedNames{}.find(object.root(), row.name) == nullptr, row.name);
    }
}

void names_of_members(Checks& checks) {
    const json::Document object =
        document_of(R"({"a.b":{"c":1},"a":{"b":{"c":2,"d.e":[3]},"b.c":4}})");
    const NestedNames nested;
    struct Row {
        std::vector<std::string> names;
        const char* plain;
        const char* nested;
    };
    const Row rows[] = {
        {{"a.b"}, R"({"c":1})", R"({"c":2,"d.e":[3]})"},
        {{"a.b", "c"}, "1", "2"},
        {{"a", "b.c"}, "4", "2"},
        {{"a", "b", "d.e"}, "[3]", "none"},
        {{"a", "b", R"("d.e")"}, "none", "[3]"},
        {{".a.b", "c"}, "2", "2"},
        {{"a", R"(.b."d.e"[0])"}, "3", "3"},
    };
    for (const Row& row : rows) {
        const auto member = MemberNames::of(row.names);
        checks.equal(text_of(member->find(object.root(), nullptr)), row.plain, row.names.back());
        checks.equal(text_of(member->find(object.root(), &nested)), row.nested, row.names.back());
        checks.that(member->texts() == row.names, "as they were written");
    }
    checks.that(!MemberNames::of({"a", ""}).has_value(), "an empty name");
    checks.that(!MemberNames::of({".a["}).has_value(), "a broken path");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<nested_names>),
        cmocka_unit_test(run<other_marks>),
        cmocka_unit_test(run<broken_names>),
        cmocka_unit_test(run<names_of_members>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
