#include "base/plain_json.hpp"
#include "property.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

constexpr std::size_t depth = 4;

json::Value by_jansson(std::string_view text) {
    return json::Value(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
}

bool is_same(const json::Document& plain, const json::Value& value) {
    return plain && json_equal(json::copy(plain.root()).get(), value.get()) == 1;
}

std::string object_of(int members) {
    std::string text = "{";
    for (int i = 0; i < members; ++i) {
        text += (i > 0 ? ",\"m" : "\"m") + std::to_string(i) + "\":{}";
    }
    return text + "}";
}

void plain_texts_are_read(Checks& checks) {
    for (const char* text :
         {"{}", " {\r\n\t} ", R"({"a":1})", R"({"a":0,"b":999999999999999})",
          R"({"iss":"https://id.example/","aud":["a","b"],"exp":1795737709,"x":{"y":[[]]}})",
          R"({ "a" : [ true , false , null ] , "" : "" })", R"({"a":{"a":{"a":{}}}})"}) {
        checks.that(is_same(json::parse_plain_object(text, depth), by_jansson(text)), text);
    }
}

void others_are_left(Checks& checks) {
    for (const char* text : {"",
                             "[]",
                             "{",
                             "{}}",
                             "{} x",
                             R"({"a":1,})",
                             R"({"a":01})",
                             R"({"a":-1})",
                             R"({"a":1.0})",
                             R"({"a":1e3})",
                             R"({"a":1000000000000000})",
                             R"({"a":"\n"})",
                             "{\"a\":\"\xc3\xa4\"}",
                             "{\"a\":\"\x7f\"}",
                             "{\"a\":\"\t\"}",
                             R"({"a":1,"a":1})",
                             R"({"x":{"a":1,"a":1}})",
                             R"({"x":{"y":1},"exp":1,"exp":2})",
                             R"({"x":[{"y":[]},2],"exp":1,"exp":2})",
                             R"({"exp":1,"x":{"y":{"z":[0]}},"w":{},"exp":2})",
                             R"({"a":tru})",
                             R"({"a":truex})",
                             R"({"a":nullnull})",
                             R"({"a" 1})",
                             R"({a:1})",
                             R"({"a":[1,]})",
                             R"({"a":[1 2]})",
                             R"({"a":})",
                             R"({"a":{"a":{"a":{"a":{}}}}})",
                             R"({"a":[[[[]]]]})",
                             R"({"a":"b)",
                             R"({"a)"}) {
        checks.that(!json::parse_plain_object(text, depth), text);
    }
    checks.that(!json::parse_plain_object(std::string_view("{}\0", 3), depth), "NUL");
    checks.that(!json::parse_plain_object(std::string_view("{\"a\":1\0}", 8), depth),
                "NUL behind a number");
    checks.that(static_cast<bool>(json::parse_plain_object(std::string_view("{}x", 2), depth)),
                "its own end");
    checks.that(static_cast<bool>(json::parse_plain_object(object_of(32), depth)), "32 members");
    checks.that(!json::parse_plain_object(object_of(33), depth), "33 members");
}

void means_what_jansson_reads(Checks& checks) {
    property(checks, "a text that is read has the value that jansson reads", [] {
        const auto pieces =
            *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\":", "\"\\u0061\":", "1", "0", "-1.5e3",
                "123456789012345", "6", "true", "null", "{}", "[]", " ", "\n", "\"a\":1",
                ",\"c\":{\"x\":[1]}", ",\"d\":\"e f\"", "\"", "\\", "\xff", "\x7f"));
        std::string text = *rc::gen::element<std::string>("", "{", "{\"x\":", "{\"x\":[1,{}]");
        for (const std::string& piece : pieces) {
            text += piece;
        }
        text += *rc::gen::element<std::string>("", "}", "]}");
        const json::Document plain = json::parse_plain_object(text, depth);
        RC_ASSERT(!plain || is_same(plain, by_jansson(text)));
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<plain_texts_are_read>),
        cmocka_unit_test(run<others_are_left>),
        cmocka_unit_test(run<means_what_jansson_reads>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
