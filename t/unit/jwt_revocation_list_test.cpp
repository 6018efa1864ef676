#include "check.hpp"
#include "jwt/revocation_list.hpp"
#include "jwt/token.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

void names_of_members(Checks& checks) {
    const auto list =
        jwt::RevocationList::load(R"({"mallory": {"since": 1}, "17": null, "a\"b": [], "": 1})");
    checks.that(list.has_value(), "any value will do");
    checks.equal(static_cast<long long>(list->size()), 4, "size");
    for (const char* const name : {"mallory", "17", "a\"b", ""}) {
        checks.that(list->contains(name), name);
    }
    for (const char* const name : {"Mallory", "mallor", "mallory ", "since", "1", "null"}) {
        checks.that(!list->contains(name), name);
    }
    checks.that(!list->contains(std::string_view("mallory\0", 8)), "NUL");
}

void what_is_a_list(Checks& checks) {
    for (const char* const text :
         {"{}", " {\n} ", "\xef\xbb\xbf{}", R"({"a": 1, "a": 2})", R"({"a": 1, "\u0061": 2})"}) {
        checks.that(jwt::RevocationList::load(text).has_value(), text);
    }
    for (const char* const text : {"", "[]", "\"a\"", "null", "{", "{}x", R"(["mallory"])",
                                   R"({"a"})", R"({"a": 1,})", R"({"a": x})", "mallory\n"}) {
        const auto list = jwt::RevocationList::load(text);
        checks.that(!list.has_value(), text);
        checks.that(!list && list.error().starts_with("is not a JSON object"), "what is wrong");
    }
}

void limits(Checks& checks) {
    const auto load = [](const std::string& name) {
        return jwt::RevocationList::load("{\"" + name + "\": 1}");
    };
    checks.that(load(std::string(jwt::max_token_bytes, 'a')).has_value(), "the longest name");
    const auto longer = load(std::string(jwt::max_token_bytes + 1, 'a'));
    checks.that(!longer && longer.error() == "has a name of more than 16384 bytes", "a longer one");
    const std::string deep = R"({"a": )" + std::string(16, '[') + std::string(16, ']') + '}';
    checks.that(!jwt::RevocationList::load(deep).has_value(), "depth");
    const std::string large = "{}" + std::string(jwt::max_revocation_list_bytes - 1, ' ');
    checks.that(!jwt::RevocationList::load(large).has_value(), "size");
}

void many_names(Checks& checks) {
    constexpr int count = 100'000;
    std::string text = "{";
    for (int i = 0; i < count; ++i) {
        text += (i == 0 ? "\"user" : ", \"user") + std::to_string(i) + "\": {}";
    }
    const auto list = jwt::RevocationList::load(text + '}');
    checks.that(list.has_value() && list->size() == count, "all of them");
    checks.that(list->contains("user0") && list->contains("user99999"), "the first and the last");
    checks.that(!list->contains("user100000"), "another");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<names_of_members>),
        cmocka_unit_test(run<what_is_a_list>),
        cmocka_unit_test(run<limits>),
        cmocka_unit_test(run<many_names>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
