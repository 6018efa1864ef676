#include "auth/role_map.hpp"
#include "base/text.hpp"
#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::Principal;
using auth::RoleMap;
using auth::RoleRule;
using Kind = RoleRule::Kind;

// Lines are separated by semicolons, words by spaces.
RoleMap map_of(Checks& checks, std::string_view text) {
    RoleMap map;
    for (const std::string_view line : split(text, ';')) {
        const auto words = split(line, ' ');
        const auto error = map.add(words);
        checks.that(!error.has_value(), error.value_or(""));
    }
    return map;
}

Principal with_roles(std::string_view roles) {
    Principal principal;
    principal.roles = split(roles, ' ');
    return principal;
}

void lines_make_rules(Checks& checks) {
    struct Row {
        const char* line;
        const char* method;
        Kind kind;
        const char* roles;
    };
    const Row rows[] = {
        {"GET viewer", "GET", Kind::all, "viewer"},
        {"GET viewer editor", "GET", Kind::all, "viewer editor"},
        {"PATCH all editor admin", "PATCH", Kind::all, "editor admin"},
        {"POST any editor admin", "POST", Kind::any, "editor admin"},
        {"DELETE any admin", "DELETE", Kind::any, "admin"},
        {"OPTIONS off", "OPTIONS", Kind::open, ""},
        {"PURGE admin", "PURGE", Kind::all, "admin"},
        {"VERSION-CONTROL any a b", "VERSION-CONTROL", Kind::any, "a b"},
        {"M_SEARCH on", "M_SEARCH", Kind::authenticated, ""},
        {"PURGE admin", "purge", Kind::closed, ""},
        {"PURGE admin", "PURGES", Kind::closed, ""},
        {"PUT on", "PUT", Kind::authenticated, ""},
        {"ALL on", "PUT", Kind::authenticated, ""},
        {"ALL off", "PUT", Kind::open, ""},
        {"ALL admin", "PUT", Kind::all, "admin"},
        {"ALL any admin root", "PUT", Kind::any, "admin root"},
        {"GET viewer", "POST", Kind::closed, ""},
        {"HEAD on", "HEAD", Kind::authenticated, ""},
        {"TRACE on", "TRACE", Kind::authenticated, ""},
    };
    for (const Row& row : rows) {
        const RoleMap map = map_of(checks, row.line);
        const RoleRule& rule = map.rule(row.method);
        checks.that(!map.empty(), row.line);
        // One role is the same by "any" and by "all".
        checks.that(rule.kind == row.kind || (rule.roles.size() == 1 && rule.kind != Kind::closed &&
                                              (rule.kind == Kind::any || rule.kind == Kind::all)),
                    row.line);
        std::string roles;
        for (const std::string& role : rule.roles) {
            roles += (roles.empty() ? "" : " ") + role;
        }
        checks.equal(roles, row.roles, row.line);
    }
    checks.that(RoleMap().empty(), "no lines");
}

void method_finds_its_line(Checks& checks) {
    struct Row {
        const char* map;
        const char* method;
        Kind kind;
    };
    const char* whole = "GET on;OPTIONS off;ALL any admin root";
    const Row rows[] = {
        {whole, "GET", Kind::authenticated},
        {whole, "HEAD", Kind::authenticated}, // follows GET, not ALL
        {whole, "OPTIONS", Kind::open},
        {whole, "POST", Kind::any},
        {whole, "CONNECT", Kind::any},
        {whole, "BREW", Kind::any},
        {whole, "", Kind::any},
        {whole, "get", Kind::any},
        {whole, "GETS", Kind::any},
        {whole, "GE", Kind::any},
        {"GET off", "HEAD", Kind::open},
        {"GET off;HEAD on", "HEAD", Kind::authenticated},
        {"HEAD off", "GET", Kind::closed},
        {"ALL on", "HEAD", Kind::authenticated},
        {"POST on", "HEAD", Kind::closed},
        {"GET on", "POST", Kind::closed},
        {"GET on", "OPTIONS", Kind::closed}, // no preflight that nobody opened
        {"GET on", "TRACE", Kind::closed},
        {"GET on", "CONNECT", Kind::closed},
        {"GET on", "", Kind::closed},
        {"GET on", "get", Kind::closed},
        {"GET on", "ALL", Kind::closed},
    };
    for (const Row& row : rows) {
        checks.that(map_of(checks, row.map).rule(row.method).kind == row.kind,
                    std::string(row.map) + " / " + row.method);
    }
    checks.that(RoleMap().rule("GET").kind == Kind::closed, "no lines");
}

void rules_grant(Checks& checks) {
    struct Row {
        const char* line;
        const char* held;
        bool granted;
    };
    const Row rows[] = {
        {"GET viewer", "viewer", true}, {"GET viewer", "editor viewer", true},
        {"GET viewer", "", false},      {"GET viewer", "Viewer", false},
        {"GET viewer", "view", false},  {"GET viewer", "viewers", false},
        {"GET a b", "a", false},        {"GET a b", "b a", true},
        {"GET all a b", "b", false},    {"GET all a b", "a b c", true},
        {"GET any a b", "a", true},     {"GET any a b", "b", true},
        {"GET any a b", "c", false},    {"GET any a b", "", false},
        {"GET on", "", true},           {"GET off", "", true},
        {"POST on", "a b c", false}, // GET is closed
    };
    for (const Row& row : rows) {
        const RoleMap map = map_of(checks, row.line);
        checks.equal(map.rule("GET").grants(with_roles(row.held).roles), row.granted,
                     std::string(row.line) + " / " + row.held);
    }
    checks.that(!RoleRule{Kind::closed, {}}.grants(with_roles("admin").roles), "closed");
    checks.that(RoleRule{Kind::open, {}}.grants(Principal().roles), "open");
}

void names_are_listed_once(Checks& checks) {
    struct Row {
        const char* map;
        const char* names;
    };
    const Row rows[] = {
        {"GET b;POST any a b c;PUT all c d;DELETE on;OPTIONS off", "b a c d"},
        {"GET on", ""},
        {"", ""},
    };
    for (const Row& row : rows) {
        std::string names;
        for (const std::string& name : map_of(checks, row.map).names()) {
            names += (names.empty() ? "" : " ") + name;
        }
        checks.equal(names, row.names, row.map);
    }
}

void bad_lines_are_refused(Checks& checks) {
    using Words = std::vector<std::string_view>;
    struct Row {
        const char* name;
        Words first;
        Words second;
    };
    const Row rows[] = {
        {"method with a blank", {"GET ", "viewer"}, {}},
        {"method with a digit", {"V2", "viewer"}, {}},
        {"method with another letter", {"GE\xc3\x84", "viewer"}, {}},
        {"method in lower case", {"get", "viewer"}, {}},
        {"empty method", {"", "viewer"}, {}},
        {"two methods in one word", {"GET,POST", "viewer"}, {}},
        {"no role", {"GET"}, {}},
        {"no role after any", {"GET", "any"}, {}},
        {"no role after all", {"GET", "all"}, {}},
        {"empty role", {"GET", ""}, {}},
        {"empty second role", {"GET", "viewer", ""}, {}},
        {"role with a comma", {"GET", "viewer,editor"}, {}},
        {"role with a blank at its end", {"GET", "viewer "}, {}},
        {"role with a blank at its beginning", {"GET", " viewer"}, {}},
        {"role with a line break", {"GET", "a\nb"}, {}},
        {"role with DEL", {"GET", "a\x7f"}, {}},
        {"duplicate role", {"GET", "a", "a"}, {}},
        {"duplicate role, apart", {"GET", "any", "a", "b", "a"}, {}},
        {"more after on", {"GET", "on", "viewer"}, {}},
        {"more after off", {"GET", "off", "viewer"}, {}},
        {"off off", {"GET", "off", "off"}, {}},
        {"duplicate method", {"GET", "a"}, {"GET", "b"}},
        {"duplicate method, same roles", {"GET", "a"}, {"GET", "a"}},
        {"duplicate ALL", {"ALL", "on"}, {"ALL", "off"}},
        {"on and off", {"POST", "on"}, {"POST", "off"}},
    };
    for (const Row& row : rows) {
        RoleMap map;
        auto error = map.add(row.first);
        if (!row.second.empty()) {
            checks.that(!error.has_value(), row.name);
            error = map.add(row.second);
        }
        checks.that(error.has_value() && !error->empty(), row.name);
    }
}

void refused_line_grants_nothing(Checks& checks) {
    RoleMap map;
    const std::vector<std::string_view> bad{"GET", "off", "viewer"};
    checks.that(map.add(bad).has_value(), "refused");
    checks.that(map.rule("GET").kind == Kind::closed, "still closed");
}

void scopes(Checks& checks) {
    RoleMap map(RoleMap::Of::scopes);
    const std::vector<std::string_view> line{"POST", "any", "orders.write", "https://api/x:a,b"};
    checks.that(!map.add(line).has_value(), "added");
    checks.that(map.rule("POST").grants(split("a https://api/x:a,b", ' ')), "granted");
    checks.that(!map.rule("POST").grants(split("orders.writer", ' ')), "a longer one");
    for (const std::string_view scope : {"", "a b", "a\"b", "a\\b", "a\x7f", "a\n", "\xc3\xa4"}) {
        checks.that(!auth::is_scope(scope), scope);
        const std::vector<std::string_view> words{"GET", scope};
        checks.that(map.add(words).has_value(), scope);
    }
    for (const std::string_view scope : {"a", "!", "~", "#[]", "orders:read", "urn:x/y?z=%20'"}) {
        checks.that(auth::is_scope(scope), scope);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<lines_make_rules>),
        cmocka_unit_test(run<method_finds_its_line>),
        cmocka_unit_test(run<rules_grant>),
        cmocka_unit_test(run<names_are_listed_once>),
        cmocka_unit_test(run<bad_lines_are_refused>),
        cmocka_unit_test(run<refused_line_grants_nothing>),
        cmocka_unit_test(run<scopes>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
