#include <set>
#include <vector>

#include "check.hpp"
#include "property.hpp"
#include "json/jansson.hpp"

// An object that is read member by member is what it is as a whole.

namespace {

using namespace sallyport;
using namespace sallyport::test;

constexpr json::Limits limits{1000, 4};

struct Taken {
    bool good = false;
    bool twice = false;
    std::string members;
};

Taken take(std::string_view text, json::Limits within = limits) {
    Taken taken;
    std::set<std::string> names;
    const auto error =
        json::each_member(text, within, [&](std::string_view name, const json_t* value) {
            taken.twice = !names.emplace(name).second || taken.twice;
            taken.members += std::string(name) + "=" + json::compact(value) + ";";
            return std::optional<std::string>();
        });
    taken.good = !error.has_value();
    return taken;
}

void members(Checks& checks) {
    struct Row {
        const char* text;
        const char* wanted;
    };
    const Row rows[] = {
        {"{}", ""},
        {" { } ", ""},
        {R"({"a":1})", "a=1;"},
        {"\r\n\t{ \"b\" : [ 1 , {} ] ,\n\"a\" : { \"x\" : null } }\n", "b=[1,{}];a={\"x\":null};"},
        {R"({"a":"x","b":-1.5,"c":true,"d":false,"e":null})",
         R"(a="x";b=-1.5;c=true;d=false;e=null;)"},
        {R"({"":{},"\u00e9":"\u00e9","a\"b":",}"})", "={};\xc3\xa9=\"\xc3\xa9\";a\"b=\",}\";"},
        {R"({"a":1,"a":2})", "a=1;a=2;"},
        {R"({"a":1,"\u0061":2})", "a=1;a=2;"},
        {R"({"a":[[[1]]]})", "a=[[[1]]];"},
        {R"({"a":{"a":{"a":{}}}})", R"(a={"a":{"a":{}}};)"},
    };
    for (const auto& [text, wanted] : rows) {
        const Taken taken = take(text);
        checks.that(taken.good, text);
        checks.equal(taken.members, wanted, text);
    }
    checks.that(take(std::string_view("{\"a\":1}x", 7)).good, "its own end");
}

const std::string_view no_objects[] = {"",
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
                                       "{,}",
                                       "{,\"a\":1}",
                                       "{\"a\":1,,\"b\":2}",
                                       "{a:1}",
                                       "{'a':1}",
                                       "{\"a\":1 \"b\":2}",
                                       "{\"a\":1;\"b\":2}",
                                       "{\"a\"}",
                                       "{\"a\",\"b\":1}",
                                       "{\"a\":}",
                                       "{\"a\" 1}",
                                       "{\"a\"::1}",
                                       "{\"a\":1",
                                       "{\"a\":1,",
                                       "{\"a\":1,\"b\"",
                                       "{\"a\":1,\"b\":",
                                       "{\"a\":1,\"b",
                                       "{\"a\":1]",
                                       "{\"a\":[1}",
                                       "{\"a\":[1,]}",
                                       "{\"a\":01}",
                                       "{\"a\":+1}",
                                       "{\"a\":.5}",
                                       "{\"a\":1.}",
                                       "{\"a\":1e999}",
                                       "{\"a\":18446744073709551616}",
                                       "{\"a\":\"\\u0000\"}",
                                       "{\"\\u0000\":1}",
                                       "{\"a\":\"\\ud800\"}",
                                       "{\"\\udc00\":1}",
                                       "{\"a\":\"\xff\"}",
                                       "{\"\xff\":1}",
                                       "{\"a\":\"\xc0\x80\"}",
                                       "{\"a\":{\"b\":1,\"b\":1}}",
                                       "\xef\xbb\xbf{}",
                                       "{\"a\":tru}",
                                       "{\"a\":truefalse}",
                                       "{\"a\":1 2}",
                                       "{\"a\":\"x\ny\"}",
                                       "{\"a\":1}//x",
                                       "{\"a\":1/*x*/}",
                                       "{1:1}",
                                       "{null:1}",
                                       "{\"a\":[[[[]]]]}",
                                       "{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}",
                                       "{\"a\":NaN}",
                                       "{{}}",
                                       "{[]}",
                                       "{\"a\":1}{\"b\":2}"};

void refused_texts(Checks& checks) {
    for (const std::string_view text : no_objects) {
        checks.that(!take(text).good, text);
    }
    for (const std::string_view text :
         {std::string_view("{}\0", 3), std::string_view("{\"a\":1\0}", 8),
          std::string_view("{\"a\0\":1}", 8), std::string_view("{\"a\":\"\0\"}", 9),
          std::string_view("{\0}", 3), std::string_view("\0{}", 3)}) {
        checks.that(!take(text).good, "NUL");
    }
}

void bounds(Checks& checks) {
    checks.that(take("{}" + std::string(998, ' ')).good, "1000");
    checks.that(!take("{}" + std::string(999, ' ')).good, "1001");
    const json::Limits wide{1 << 24, 4};
    checks.that(!take("{\"a\":" + std::string(5'000'000, '['), wide).good, "open arrays");
    checks.that(!take("{\"a\":1," + std::string(5'000'000, ' '), wide).good, "white space");
    std::string text = "{";
    for (int member = 0; member < 100'000; ++member) {
        text += (member > 0 ? ",\"" : "\"") + std::to_string(member) + "\":{\"a\":[1]}";
    }
    int count = 0;
    const auto error = json::each_member(text + "}", wide, [&](std::string_view name, const auto*) {
        checks.that(name == std::to_string(count), name);
        ++count;
        return std::optional<std::string>();
    });
    checks.that(!error.has_value() && count == 100'000, "many");
}

void taking_may_fail(Checks& checks) {
    int count = 0;
    const auto error = json::each_member(
        R"({"a":1,"b":2,"c":3})", limits, [&](std::string_view name, const auto*) {
            ++count;
            return name == "b" ? std::optional<std::string>("enough") : std::nullopt;
        });
    checks.that(error == "enough" && count == 2, "stops");
    const auto phrase = json::each_member(
        "[", limits, [](std::string_view, const json_t*) { return std::optional<std::string>(); });
    checks.that(phrase.has_value() && !phrase->empty(), "says something");
}

void equals_the_whole(Checks& checks) {
    property(checks, "the same texts are taken, but for members that come twice", [] {
        const auto pieces =
            *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"",
                "\"a\":", "\"b\":", "\"\\u0061\":", "1", "-1.5e3", "true", "null", "{}", "[]", " ",
                "\"a\":1", ",\"b\":{\"x\":[1]}", "\"", "\\", "\"\\ud800\"", "\xff"));
        std::string text;
        for (const std::string& piece : pieces) {
            text += piece;
        }
        text = *rc::gen::element<std::string>("", "{", "{\"a\":", "{\"x\":[1,{}],") + text +
               *rc::gen::element<std::string>("", "}", ",\"z\":0}");
        const json::Value whole = json::parse_object(text, limits);
        const Taken taken = take(text);
        if (taken.twice) {
            RC_ASSERT(whole == nullptr);
            return;
        }
        RC_ASSERT(taken.good == (whole != nullptr));
        std::string members;
        const char* name = nullptr;
        json_t* value = nullptr;
        json_object_foreach(whole.get(), name, value) {
            members += std::string(name) + "=" + json::compact(value) + ";";
        }
        RC_ASSERT(whole == nullptr || members == taken.members);
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<members>),          cmocka_unit_test(run<refused_texts>),
        cmocka_unit_test(run<bounds>),           cmocka_unit_test(run<taking_may_fail>),
        cmocka_unit_test(run<equals_the_whole>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
