#include "json/document.hpp"

#include <cstdint>
#include <string>

#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using json::Document;
using json::Element;
using Kind = Element::Kind;

constexpr json::Limits limits{1000, 4};

Document parse(std::string_view text) {
    return json::parse_document(text, limits);
}

void a_document_is_what_was_parsed(Checks& checks) {
    for (
        const char* text :
        {R"({})", R"({"a":{},"b":[]})", R"({"a":[1,"x",true,false,null,{"b":[2]}],"c":"d"})",
         R"({"a":-1,"b":2.5,"":"\\\"\b\f\n\r\t\u0001\u001f/\u007f","c":[{"d":[],"e":"\u00e9"},[]],"f":"g"})",
         R"({"":"","a":{"":{"":[""]}}})", R"({"a":9223372036854775807,"b":"\n"})"}) {
        const json::Value value = json::parse_object(text, limits);
        const Document document = parse(text);
        checks.that(document && json_equal(json::copy(document.root()).get(), value.get()) == 1,
                    text);
        checks.equal(json::compact(document.root()), json::compact(value.get()), "in its order");
    }
}

// More than a builder has room for in itself.
void a_large_document(Checks& checks) {
    std::string text = R"({"l":[{"a":[]})";
    for (int i = 0; i < 100; ++i) {
        text += R"(,["x"])";
    }
    for (const char* end : {R"(],"z":1})", R"(],"z":-1})"}) {
        const json::Value value = json::parse_object(text + end, limits);
        checks.equal(json::compact(parse(text + end).root()), json::compact(value.get()), end);
    }
}

void others_are_refused(Checks& checks) {
    for (const char* text : {"", "[]", "{", "1", R"({"a":1,"a":1})", R"({"a":"\u0000"})",
                             R"({"a":[[[[]]]]})", R"({"a":-1,"b":[[[[]]]]})", "{\"a\":\"\xff\"}"}) {
        checks.that(!parse(text), text);
    }
    const std::string text = R"({"a":")" + std::string(992, 'x') + "\"}";
    checks.that(static_cast<bool>(parse(text)) && !parse(text + " "), "1000 bytes and 1001");
    checks.that(Document().root() == nullptr && Document().bytes() == 0, "none");
}

void a_document_keeps_its_text(Checks& checks) {
    std::string text = R"({"name":"value"})";
    Document document = parse(text);
    text.assign(text.size(), 'x');
    const Element* const value = json::member(document.root(), "name");
    const Document moved = std::move(document);
    checks.that(json::string(value) == "value" && json::member(moved.root(), "name") == value,
                "the same, where it was");
}

void members_are_found_by_their_whole_name(Checks& checks) {
    const Document document = parse(
        R"({"o":{"x":1,"l":[{"x":2}]},"a":1,"ab":2,"":3,"\u00e9":4,"x.y":5,"l":["a",9],"z":6})");
    const auto number = [&](std::string_view name) {
        const Element* const value = json::member(document.root(), name);
        return json::is(value, Kind::integer) ? value->integer() : 0;
    };
    const struct {
        std::string_view name;
        long long wanted;
    } rows[] = {{"a", 1},   {"ab", 2}, {"", 3},  {"\xc3\xa9", 4},
                {"x.y", 5}, {"x", 0},  {"A", 0}, {std::string_view("a\0b", 3), 0},
                {"abc", 0}, {"z", 6},  {"l", 0}, {"o", 0}};
    for (const auto& row : rows) {
        checks.equal(number(row.name), row.wanted, row.name);
    }
    checks.that(json::member(json::member(document.root(), "l"), "a") == nullptr, "of an array");
    checks.that(json::member(json::member(document.root(), "a"), "a") == nullptr, "of a number");
    checks.that(json::member(Document().root(), "a") == nullptr, "of nothing");
}

// Whoever issues tokens counts as far as he likes, and writes prices with two digits.
void numbers_stay_as_they_were_written(Checks& checks) {
    for (const char* number : {"0",
                               "-0",
                               "7",
                               "-12",
                               "9223372036854775807",
                               "9223372036854775808",
                               "-9223372036854775809",
                               "18446744073709551616",
                               "1000000000000000000000000000001",
                               "1.1",
                               "19.99",
                               "1e3",
                               "1E+3",
                               "-2.50e-07",
                               "0.0",
                               "1.0000000000000000000000000000000001",
                               "1e400",
                               "-1e400",
                               "1e-400",
                               "123456789012345678"}) {
        const std::string text = std::string("{\"n\":") + number + ",\"l\":[" + number + "]}";
        for (const std::string& source : {text, "{\"\\u00e9\":1," + text.substr(1)}) {
            const Document document = parse(source);
            const Element* const value = json::member(document.root(), "n");
            checks.that(value != nullptr && value->number() == number, source);
            checks.equal(json::compact(json::member(document.root(), "l")),
                         "[" + std::string(number) + "]", source);
        }
    }
    for (const char* number : {"01", "-", "+1", "1.", ".5", "1e", "1e+", "-01", "0x1", "1_0", "NaN",
                               "Infinity", "- 1", "1 .5", "--1", "1.5.5", "1e5e5", "00", "0.e1"}) {
        checks.that(!parse(std::string("{\"n\":") + number + "}"), number);
        checks.that(!parse(std::string("{\"n\":[") + number + "]}"), number);
    }
    const Document large =
        parse(R"({"a":9223372036854775808,"b":-9223372036854775809,"c":1e400,"d":19.99})");
    checks.that(json::member(large.root(), "a")->integer() == INT64_MAX, "the nearest");
    checks.that(json::member(large.root(), "b")->integer() == INT64_MIN, "the nearest below");
    checks.that(json::member(large.root(), "c")->real() > 1e300, "a large one");
    checks.that(json::member(large.root(), "d")->real() == 19.99, "a fraction");
    checks.that(json::copy(large.root()) != nullptr, "all of them for jansson");
}

void kinds_are_told_apart(Checks& checks) {
    const Document document =
        parse(R"({"n":null,"f":false,"t":true,"i":5,"r":1.5,"s":"x\ty","l":["x"],"o":{"a":1}})");
    const struct {
        const char* name;
        Kind kind;
        std::size_t size;
    } rows[] = {{"n", Kind::null, 0},    {"f", Kind::no, 0},    {"t", Kind::yes, 0},
                {"i", Kind::integer, 0}, {"r", Kind::real, 0},  {"s", Kind::string, 0},
                {"l", Kind::array, 1},   {"o", Kind::object, 1}};
    for (const auto& row : rows) {
        const Element* const value = json::member(document.root(), row.name);
        checks.that(json::is(value, row.kind) && value->size() == row.size, row.name);
        checks.equal(json::string(value).has_value(), row.kind == Kind::string, row.name);
    }
    checks.that(!json::is(nullptr, Kind::null) && !json::string(Document().root()), "nothing");
    checks.that(json::string(json::member(document.root(), "s")) == "x\ty", "text");
    checks.that(json::member(document.root(), "r")->real() == 1.5, "fraction");
}

void elements_of_an_array(Checks& checks) {
    const Document document = parse(R"({"l":["a",["b",{"x":"c"}],{"d":"e"},"f"],"o":{"g":1}})");
    std::string texts;
    for (const Element* const element : json::Elements(json::member(document.root(), "l"))) {
        texts += json::compact(element) + ' ';
    }
    checks.equal(texts, R"("a" ["b",{"x":"c"}] {"d":"e"} "f" )", "in their order");
    for (const Element* const value : {json::member(document.root(), "o"), document.root(),
                                       static_cast<const Element*>(nullptr)}) {
        const json::Elements none(value);
        checks.that(none.size() == 0 && none.begin() == none.end(), "no array");
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<a_document_is_what_was_parsed>),
        cmocka_unit_test(run<a_large_document>),
        cmocka_unit_test(run<others_are_refused>),
        cmocka_unit_test(run<a_document_keeps_its_text>),
        cmocka_unit_test(run<members_are_found_by_their_whole_name>),
        cmocka_unit_test(run<kinds_are_told_apart>),
        cmocka_unit_test(run<elements_of_an_array>),
        cmocka_unit_test(run<numbers_stay_as_they_were_written>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
