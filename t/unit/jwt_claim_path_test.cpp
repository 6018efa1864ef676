#include "base/text.hpp"
#include "check.hpp"
#include "jwt/claims.hpp"
#include "tokens.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

// What stands at the path as compact JSON, or "none".
std::string found(const ClaimPath& path, std::string_view object) {
    const json::Document parsed = document_of(object);
    const json::Element* value = path.find(parsed.root());
    return value == nullptr ? "none" : json::compact(value);
}

void dotted_paths(Checks& checks) {
    struct Row {
        const char* path;
        const char* object;
        const char* wanted;
    };
    const Row rows[] = {
        {"a", R"({"a":1})", "1"},
        {"a", R"({"b":1})", "none"},
        {"a", R"({"A":1})", "none"},
        {"a", R"({})", "none"},
        {"a.b", R"({"a":{"b":2}})", "2"},
        {"a.b", R"({"a.b":1,"a":{"b":2}})", "1"}, // the whole text first
        {"a.b", R"({"a":{"c":2}})", "none"},
        {"a.b", R"({"a":5})", "none"},
        {"a.b", R"({"a":["b"]})", "none"},
        {"a.b", R"({"a":"b"})", "none"},
        {"a.b", R"({"a":null})", "none"},
        {"a.0", R"({"a":["b"]})", "none"},
        {"a.b.c", R"({"a":{"b":{"c":[3]}}})", "[3]"},
        {"a.b.c", R"({"a.b":{"c":3}})", "none"},
        {"a.b.c", R"({"a":{"b.c":3}})", "none"},
        {"https://id.example/roles", R"({"https://id.example/roles":["x"]})", R"(["x"])"},
        {"realm_access.roles", R"({"realm_access":{"roles":["x"]}})", R"(["x"])"},
        {"\xc3\xa9", R"({"\u00e9":1})", "1"},
    };
    for (const Row& row : rows) {
        const auto path = ClaimPath::parse(row.path);
        checks.equal(path.has_value() ? found(*path, row.object) : path.error(), row.wanted,
                     row.path);
    }
    checks.that(!ClaimPath::parse("").has_value(), "empty");
    const json::Document array = document_of(R"({"l":["a"]})");
    checks.that(ClaimPath::parse("a")->find(json::member(array.root(), "l")) == nullptr,
                "in an array");
    checks.that(ClaimPath::parse("a")->find(nullptr) == nullptr, "in nothing");
}

// RFC 7519 section 4.2 recommends URLs as names, and identity providers follow it with dots.
void paths(Checks& checks) {
    struct Row {
        const char* path;
        const char* object;
        const char* wanted;
    };
    const Row rows[] = {
        {".a", R"({"a":1,".a":2})", "1"},
        {".a.b", R"({".a.b":0,"a.b":1,"a":{"b":2}})", "2"},
        {R"(."a.b")", R"({"a.b":1,"a":{"b":2}})", "1"},
        {R"(.resource_access."my.client".roles)",
         R"({"resource_access":{"my.client":{"roles":["x"]},"my":{"client":{"roles":["y"]}}}})",
         R"(["x"])"},
        {R"(.".x")", R"({".x":1,"x":2})", "1"},
        {R"(."a\"b\\c")", R"({"a\"b\\c":1})", "1"},
        {R"(."a]b[0]")", R"({"a]b[0]":1})", "1"},
        {R"(."a b".c)", R"({"a b":{"c":1}})", "1"},
        {".a-b:c/d", R"({"a-b:c/d":1})", "1"},
        {".a[0]", R"({"a":["x","y"]})", R"("x")"},
        {".a[1]", R"({"a":["x","y"]})", R"("y")"},
        {".a[2]", R"({"a":["x","y"]})", "none"},
        {".a[18446744073709551615]", R"({"a":["x","y"]})", "none"},
        {".a[0].b", R"({"a":[{"b":1}]})", "1"},
        {".a[1][0]", R"({"a":[[1],[2]]})", "2"},
        {R"(.a[0]."b.c"[1])", R"({"a":[{"b.c":[1,2]}]})", "2"},
        {".a[0]", R"({"a":{"0":1}})", "none"},
        {".a.0", R"({"a":["x"]})", "none"},
        {".a.0", R"({"a":{"0":1}})", "1"},
        {"[0]", R"({"0":1})", "none"},
        {"[0].a", R"({"a":1})", "none"},
        {".a[0]", R"({"a":"x"})", "none"},
        {"a[0]", R"({"a":["x"],"a[0]":1})", "1"},
        {"a.b[0]", R"({"a":{"b":["x"],"b[0]":1}})", "1"},
    };
    for (const Row& row : rows) {
        const auto path = ClaimPath::parse(row.path);
        checks.equal(path.has_value() ? found(*path, row.object) : path.error(), row.wanted,
                     row.path);
        const auto same = ClaimPath::of_names({row.path});
        checks.that(row.path[0] == 'a' || (same.has_value() && *same == *path), row.path);
    }
}

void broken_paths(Checks& checks) {
    for (const char* path : {".",        "..a",
                             ".a.",      ".a..b",
                             ".a[",      ".a[]",
                             ".a[0",     ".a[x]",
                             ".a[-1]",   ".a[+1]",
                             ".a[ 1]",   ".a[01]",
                             ".a[1.0]",  ".a[18446744073709551616]",
                             ".a[0]b",   ".a]",
                             "[",        "[]",
                             "[a]",      R"(["a"])",
                             R"(.")",    R"(."a)",
                             R"(."a"b)", R"(."")",
                             R"(.a"b")", R"(."a\n")",
                             R"(."a\)",  "",
                             "a.",       "a..b"}) {
        const auto parsed = ClaimPath::parse(path);
        checks.that(!parsed.has_value() && !parsed.error().empty(), path);
    }
    std::string deep;
    for (int i = 0; i < 16; ++i) {
        deep += ".a";
    }
    checks.that(ClaimPath::parse(deep).has_value() && !ClaimPath::parse(deep + "[0]").has_value(),
                "16 levels");
    checks.that(!ClaimPath::of_names({"a", ""}).has_value(), "an empty name");
    checks.that(!ClaimPath::of_names({"a", ".b["}).has_value(), "a broken path behind a name");
}

void names_and_paths(Checks& checks) {
    const char* object = R"({"a":{"b.c":{"d":[1,2]},".b":3}})";
    const auto of_names = [](const std::vector<std::string>& names) {
        return ClaimPath::of_names(names).value();
    };
    checks.equal(found(of_names({"a", "b.c", ".d[1]"}), object), "2", "a path behind names");
    checks.equal(found(of_names({"a", R"(."b.c")", "d"}), object), "[1,2]", "between them");
    checks.equal(found(of_names({"a", R"(.".b")"}), object), "3", "a name that begins with a dot");
}

void one_name_a_level(Checks& checks) {
    const auto of_names = [](const std::vector<std::string>& names) {
        return ClaimPath::of_names(names).value();
    };
    const char* object = R"({"a.b":1,"a":{"b":2,"c.d":{"e":3}}})";
    checks.equal(found(of_names({"a.b"}), object), "1", "dot in a name");
    checks.equal(found(of_names({"a", "b"}), object), "2", "two levels");
    checks.equal(found(of_names({"a", "c.d", "e"}), object), "3", "three");
    checks.equal(found(of_names({"a", "c", "d", "e"}), object), "none", "split");
    checks.equal(found(of_names({"a.c"}), object), "none", "not split");
}

void claims_as_text(Checks& checks) {
    struct Row {
        const char* value;
        const char* wanted;
    };
    const Row rows[] = {
        {R"("alice")", "alice"},
        {R"("")", ""},
        {R"("a,b")", "a,b"},
        {R"("\u00e9 \"x\"")", "\xc3\xa9 \"x\""},
        {"5", "5"},
        {"-5", "-5"},
        {"9007199254740993", "9007199254740993"},
        {"1.5", "1.5"},
        {"true", "true"},
        {"false", "false"},
        {"null", ""},
        {"[]", ""},
        {R"(["a"])", "a"},
        {R"(["a","b c"])", "a,b c"},
        {R"([1,true,"x"])", "1,true,x"},
        {"{}", "{}"},
        {R"({ "a" : [ 1 , 2 ] })", R"({"a":[1,2]})"},
        {R"(["a",{"b":1}])", R"(a,{"b":1})"},
        {R"([["a","b"],[],"c"])", R"(["a","b"],[],c)"},
        {R"({"a":"x\ny"})", R"({"a":"x\ny"})"}, // escaped in JSON, so no control character
    };
    for (const Row& row : rows) {
        const json::Document object = document_of("{\"v\":" + std::string(row.value) + "}");
        checks.equal(claim_text(json::member(object.root(), "v")), row.wanted, row.value);
    }
    checks.equal(claim_text(nullptr), "", "absent");
}

void control_characters_empty_the_text(Checks& checks) {
    for (const char* value : {R"("a\r\nX: y")", R"("\n")", R"("\t")", R"("\u0001")", R"("a\u007f")",
                              R"(["a","b\n"])", R"(["\r"])", R"({"a":"\u007f"})"}) {
        const json::Document object = document_of("{\"v\":" + std::string(value) + "}");
        checks.equal(claim_text(json::member(object.root(), "v")), "", value);
    }
    const json::Document nested = document_of(R"({"v":[["a\n"],[{"b":"\u007f"}]]})");
    checks.that(!has_control(claim_text(json::member(nested.root(), "v"))), "nested");
}

// What chooses the keys of a token; "?" where nothing can.
void hints_of_a_payload(Checks& checks) {
    const auto tenant = *ClaimPath::parse("app.tenant");
    const auto hints_of = [&](std::string_view payload) -> std::string {
        const Kind& hs256 = kind("HS256");
        const std::string compact =
            sign_text(hmac_signer(hmac_secret, Algorithm::hs256), header_of(hs256), payload);
        auto presented = PresentedToken::parse(compact).value();
        const auto hints = presented.key_hints(tenant);
        const std::string both = std::string(hints.issuer) + "|" + std::string(hints.tenant);
        return hints.well_formed ? both : "?";
    };
    const struct {
        const char* payload;
        const char* wanted;
    } rows[] = {{R"({"iss":"i","app":{"tenant":"t"}})", "i|t"},
                {R"({"iss":"i","app.tenant":"t"})", "i|t"},
                {R"({"iss":"i","app":"t"})", "i|"},
                {R"({"iss":null,"app":{"tenant":"t"}})", "|t"},
                {R"({"iss":"i","app":{"tenant":null}})", "i|"},
                {R"({"iss":"","app":{"tenant":""}})", "|"},
                {"{}", "|"},
                {R"({"iss":["i"],"app":{"tenant":"t"}})", "?"},
                {R"({"iss":"i","app":{"tenant":5}})", "i|5"},
                {R"({"iss":"i","app":{"tenant":18446744073709551616}})", "i|18446744073709551616"},
                {R"({"iss":"i","app":{"tenant":5.0}})", "?"},
                {R"({"iss":5,"app":{"tenant":"t"}})", "?"},
                {R"(["iss"])", "?"}};
    for (const auto& row : rows) {
        checks.equal(hints_of(row.payload), row.wanted, row.payload);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<dotted_paths>),
        cmocka_unit_test(run<one_name_a_level>),
        cmocka_unit_test(run<claims_as_text>),
        cmocka_unit_test(run<control_characters_empty_the_text>),
        cmocka_unit_test(run<hints_of_a_payload>),
        cmocka_unit_test(run<paths>),
        cmocka_unit_test(run<broken_paths>),
        cmocka_unit_test(run<names_and_paths>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
