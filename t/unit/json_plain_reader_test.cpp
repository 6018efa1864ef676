#include "property.hpp"
#include "json/document.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

constexpr std::size_t depth = 4;

json::Document read(std::string_view text) {
    return json::parse_document(text, {1 << 20, depth});
}

json::Value by_jansson(std::string_view text) {
    return json::Value(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
}

bool is_same(const json::Document& document, const json::Value& value) {
    return document && json_equal(json::copy(document.root()).get(), value.get()) == 1;
}

std::string object_of(int members) {
    std::string text = "{";
    for (int i = 0; i < members; ++i) {
        text += (i > 0 ? ",\"m" : "\"m") + std::to_string(i) + "\":{}";
    }
    return text + "}";
}

void texts_are_read(Checks& checks) {
    for (const char* text :
         {"{}", " {\r\n\t} ", R"({"a":1})", R"({"a":0,"b":999999999999999})",
          R"({"iss":"https://id.example/","aud":["a","b"],"exp":1795737709,"x":{"y":[[]]}})",
          R"({ "a" : [ true , false , null ] , "" : "" })", R"({"a":{"a":{"a":{}}}})",
          R"({"a":-1})", R"({"a":1.0})", R"({"a":1e3})", R"({"a":1000000000000000})",
          R"({"a":"\n\"\\\/\b\f\r\t"})", "{\"a\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"}",
          "{\"a\":\"\x7f\"}", R"({"\u0061":"\u00E9\u20ac\ud83d\ude00\uFFFF x \u0001"})",
          R"({"a\u0062":1,"ab\n":2})",
          "{\"a\":"
          "\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80\"}"}) {
        checks.that(is_same(read(text), by_jansson(text)), text);
    }
}

void others_are_refused(Checks& checks) {
    for (const char* text : {"",
                             "[]",
                             "{",
                             "{}}",
                             "{} x",
                             R"({"a":1,})",
                             R"({"a":01})",
                             "{\"a\":\"\t\"}",
                             R"({"a":"\x"})",
                             R"({"a":"\)",
                             R"({"a":"\"})",
                             R"({"a":"\u"})",
                             R"({"a":"\u00e"})",
                             R"({"a":"\u00eg"})",
                             "{\"a\":\"\\u\x10\x11\x12\x13\"}",
                             R"({"a":"\u0000"})",
                             R"({"\u0000":1})",
                             R"({"a":"\ud83d"})",
                             R"({"a":"\ud83dx"})",
                             R"({"a":"\ud83d\n"})",
                             R"({"a":"\ud83d\u0041"})",
                             R"({"a":"\ud83d\ud83d"})",
                             R"({"a":"\ude00"})",
                             R"({"a":"\ude00\ud83d"})",
                             R"({"a":"\ud83d\u)",
                             "{\"a\":\"\xff\"}",
                             "{\"a\":\"\x80\"}",
                             "{\"a\":\"\xc3\"}",
                             "{\"a\":\"\xc3",
                             "{\"a\":\"\xc0\xaf\"}",
                             "{\"a\":\"\xc1\xbf\"}",
                             "{\"a\":\"\xe0\x9f\xbf\"}",
                             "{\"a\":\"\xed\xa0\x80\"}",
                             "{\"a\":\"\xed\xbf\xbf\"}",
                             "{\"a\":\"\xf0\x8f\xbf\xbf\"}",
                             "{\"a\":\"\xf4\x90\x80\x80\"}",
                             "{\"a\":\"\xf5\x80\x80\x80\"}",
                             "{\"a\":\"\xe2\x82\"}",
                             "{\"a\":\"x\n\"}",
                             R"({"a":1,"\u0061":1})",
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
        checks.that(!read(text), text);
    }
    checks.that(!read(std::string_view("{}\0", 3)), "NUL");
    checks.that(!read(std::string_view("{\"a\":1\0}", 8)), "NUL behind a number");
    checks.that(static_cast<bool>(read(std::string_view("{}x", 2))), "its own end");
    for (const int members : {32, 33, 34, 500}) {
        const std::string text = object_of(members);
        checks.that(is_same(read(text), by_jansson(text)), text);
        for (const char* repeated : {"m0", "m31", "m32", "m33", "m499"}) {
            const std::string twice = text.substr(0, text.size() - 1) + ",\"" + repeated + "\":1}";
            checks.equal(static_cast<bool>(read(twice)), by_jansson(twice) != nullptr, twice);
        }
    }
}

// Jansson refuses numbers that do not fit into 64 bits, which a document keeps as text.
bool may_be_out_of_range(std::string_view text) {
    std::size_t digits = 0;
    bool is_exponent = false;
    for (const char c : text) {
        if (c >= '0' && c <= '9') {
            ++digits;
            if (digits > (is_exponent ? 2 : 18)) {
                return true;
            }
        } else {
            is_exponent = c == 'e' && digits > 0;
            digits = 0;
        }
    }
    return false;
}

void means_what_jansson_reads(Checks& checks) {
    property(checks, "a text has the value that jansson reads, or none", [] {
        const auto pieces =
            *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\":", "\"\\u0061\":", "1", "0", "-1.5e3",
                "123456789012345", "6", "true", "null", "{}", "[]", " ", "\n", "\"a\":1",
                "\"\\ud83d\\ude00\":", "\"\xc3\xa9\\n\"", "0.50", ",\"c\":{\"x\":[1]}",
                ",\"d\":\"e f\"", "\"", "\\", "\xff", "\x7f"));
        std::string text = *rc::gen::element<std::string>("", "{", "{\"x\":", "{\"x\":[1,{}]");
        for (const std::string& piece : pieces) {
            text += piece;
        }
        text += *rc::gen::element<std::string>("", "}", "]}");
        const json::Document document = read(text);
        const json::Value value = json::parse_object(text, {1 << 20, depth});
        RC_ASSERT(document || value == nullptr);
        RC_ASSERT(!document || value != nullptr || may_be_out_of_range(text));
        RC_ASSERT(!value || is_same(document, value));
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<texts_are_read>),
        cmocka_unit_test(run<others_are_refused>),
        cmocka_unit_test(run<means_what_jansson_reads>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
