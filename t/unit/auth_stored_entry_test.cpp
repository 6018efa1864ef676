#include "auth/stored_entry.hpp"
#include "base/text.hpp"
#include "check.hpp"
#include "json/jansson.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::entry_label;
using auth::wrong_member;

bool good(std::string_view text, const char* credential = "key") {
    const auto entry = json::parse_object(text, {4096, 8});
    return entry != nullptr && !wrong_member(entry.get(), credential).has_value();
}

void labels(Checks& checks) {
    checks.equal(entry_label("user", "alice"), R"(user "alice")", "user");
    checks.equal(entry_label("key", "k-1"), R"(key "k-1")", "key");
    for (const std::string_view name :
         {std::string_view("a\nb"), std::string_view("a\x1b[31m"), std::string_view("a\0b", 3)}) {
        checks.that(!has_control(entry_label("user", name)), name);
    }
    const std::string quoted = entry_label("user", "a\"b");
    checks.that(quoted.find("a\"b") == std::string::npos, quoted);
    checks.that(entry_label("user", std::string(1 << 20, 'x')).size() < 1000, "long");
}

void members(Checks& checks) {
    for (const char* text :
         {R"({"key":"k"})", R"({"key":""})", R"({"key":"k","sub":"s"})",
          R"({"key":"k","sub":"s","tenant_id":"t","roles":[],"not_before":1,"expires":2})"}) {
        checks.that(good(text), text);
    }
    checks.that(good(R"({"password":"p"})", "password"), "password");
    for (const char* text :
         {"{}", R"({"sub":"s"})", R"({"key":1})", R"({"key":null})", R"({"key":["k"]})",
          R"({"Key":"k"})", R"({"key":"k","expire":1})", R"({"key":"k","Expires":1})",
          R"({"key":"k","":1})", R"({"key":"k","password":"p"})", R"({"key":"k","role":["r"]})",
          R"({"key":"k","tenant":"t"})", R"({"key":"k","x":null})"}) {
        checks.that(!good(text), text);
    }
    checks.that(!good(R"({"key":"k"})", "password"), "the other credential");
}

void no_objects(Checks& checks) {
    const json::Value values[] = {json::Value(json_string("k")), json::Value(json_array()),
                                  json::Value(json_null()), json::Value(json_integer(1)),
                                  json::Value(json_true())};
    for (const json::Value& value : values) {
        checks.that(wrong_member(value.get(), "key").has_value(), "no object");
    }
    const auto entry = json::parse_object(R"({"key":"k","a\nb":1})", {4096, 8});
    const auto phrase = wrong_member(entry.get(), "key");
    checks.that(phrase.has_value() && !has_control(*phrase), "a phrase is fit for a log");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<labels>),
        cmocka_unit_test(run<members>),
        cmocka_unit_test(run<no_objects>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
