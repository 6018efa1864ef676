#include "check.hpp"
#include "json/jansson.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

constexpr json::Limits limits{1000, 4};

void only_objects_are_parsed(Checks& checks) {
    for (const char* text : {"{}", " {} ", "\r\n\t{\"a\":1}\n", R"({"a":[{"b":[]}]})"}) {
        checks.that(json::parse_object(text, limits) != nullptr, text);
    }
    for (const char* text : {"",
                             " ",
                             "[]",
                             "1",
                             "\"{}\"",
                             "null",
                             "{",
                             "}",
                             "{}}",
                             "{}x",
                             "{} {}",
                             "{\"a\":1,}",
                             "{a:1}",
                             "{'a':1}",
                             "{\"a\":1 \"b\":2}",
                             "{\"a\"}",
                             "{\"a\":01}",
                             "{\"a\":1e999}",
                             "{\"a\":18446744073709551616}",
                             "{\"a\":\"\\u0000\"}",
                             "{\"a\":\"\\ud800\"}",
                             "{\"a\":\"\xff\"}",
                             "{\"a\":\"\xc0\x80\"}",
                             "{\"a\":1,\"a\":2}",
                             "{\"a\":{\"b\":1,\"b\":1}}",
                             "\xef\xbb\xbf{}",
                             "{\"a\":tru}"}) {
        checks.that(json::parse_object(text, limits) == nullptr, text);
    }
    checks.that(json::parse_object(std::string_view("{}\0", 3), limits) == nullptr, "NUL behind");
    checks.that(json::parse_object(std::string_view("{\"a\":1e3\0}", 10), limits) == nullptr,
                "NUL behind a number");
    checks.that(json::parse_object(std::string_view("{\"a\":\"\0\"}", 9), limits) == nullptr,
                "NUL in a string");
    checks.that(json::parse_object(std::string_view("{}x", 2), limits) != nullptr, "its own end");
}

void size_is_bounded(Checks& checks) {
    const std::string text = "{}" + std::string(998, ' ');
    checks.that(json::parse_object(text, limits) != nullptr, "1000");
    checks.that(json::parse_object(text + " ", limits) == nullptr, "1001");
}

void depth_is_bounded(Checks& checks) {
    struct Row {
        const char* text;
        bool taken;
    };
    const Row rows[] = {
        {R"({"a":[[[]]]})", true},
        {R"({"a":[[[[]]]]})", false},
        {R"({"a":{"a":{"a":{}}}})", true},
        {R"({"a":{"a":{"a":{"a":{}}}}})", false},
        {R"({"a":[[[{}]]]})", false},
        {R"({"a":[[]],"b":[[]],"c":[[]],"d":[[]],"e":[[]]})", true},
        {R"({"a":"[[[[[[{{{{{{"})", true}, // brackets in a string are not depth
        {R"({"a\"[[[[":"\\","b":"\"[[[[["})", true},
        {R"({"[[[[[[":1})", true},
        {R"({"a":"\\","b":[[[[1]]]]})", false},
        {R"({"a":"]]]]]]","b":[[[[1]]]]})", false},
    };
    for (const Row& row : rows) {
        checks.equal(json::parse_object(row.text, limits) != nullptr, row.taken, row.text);
    }
    const json::Limits wide{1 << 24, 4};
    std::string bomb = "{\"a\":" + std::string(5'000'000, '[');
    checks.that(json::parse_object(bomb, wide) == nullptr, "open arrays");
    bomb = "{\"a\":";
    for (int level = 0; level < 500'000; ++level) {
        bomb += "{\"a\":";
    }
    checks.that(json::parse_object(bomb, wide) == nullptr, "open objects");
}

void members_are_found_by_their_whole_name(Checks& checks) {
    const auto object = json::parse_object(R"({"a":1,"ab":2,"":3,"\u00e9":4,"x.y":5})", limits);
    const auto number = [&](std::string_view name) {
        const json_t* value = json::member(object.get(), name);
        return value == nullptr ? 0 : json_integer_value(value);
    };
    struct Row {
        std::string_view name;
        long long wanted;
    };
    const Row rows[] = {{"a", 1},   {"ab", 2},  {"", 3},  {"\xc3\xa9", 4},
                        {"x.y", 5}, {"x", 0},   {"A", 0}, {std::string_view("a\0b", 3), 0},
                        {"abc", 0}, {"\xff", 0}};
    for (const Row& row : rows) {
        checks.equal(number(row.name), row.wanted, row.name);
    }
    checks.equal(number(std::string_view("abx").substr(0, 2)), 2, "no NUL behind the name");
    const auto array = json::Value(json_array());
    checks.that(json::member(array.get(), "a") == nullptr, "of an array");
    checks.that(json::member(nullptr, "a") == nullptr, "of nothing");
}

void strings_and_nothing_else(Checks& checks) {
    const auto object =
        json::parse_object(R"({"s":"x\ty","e":"","n":1,"z":null,"l":["x"],"t":true})", limits);
    const auto of = [&](const char* name) {
        return json::string(json::member(object.get(), name));
    };
    checks.that(of("s") == "x\ty" && of("e") == "", "strings");
    for (const char* name : {"n", "z", "l", "t", "absent"}) {
        checks.that(!of(name).has_value(), name);
    }
}

void compact_text(Checks& checks) {
    const auto object = json::parse_object(
        " { \"b\" : [ 1 , 2.5 , \"x y\" ] , \"a\" : { } , \"n\" : null } ", limits);
    checks.equal(json::compact(object.get()), R"({"b":[1,2.5,"x y"],"a":{},"n":null})", "object");
    checks.equal(json::compact(json::member(object.get(), "b")), R"([1,2.5,"x y"])", "array");
    checks.equal(json::compact(json::member(object.get(), "n")), "null", "null");
    const auto text = json::Value(json_string("a\"b\n"));
    checks.equal(json::compact(text.get()), R"("a\"b\n")", "string");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<only_objects_are_parsed>),
        cmocka_unit_test(run<size_is_bounded>),
        cmocka_unit_test(run<depth_is_bounded>),
        cmocka_unit_test(run<members_are_found_by_their_whole_name>),
        cmocka_unit_test(run<strings_and_nothing_else>),
        cmocka_unit_test(run<compact_text>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
