#include <map>
#include <set>

#include "auth/role_map.hpp"
#include "authorization.hpp"
#include "base/text.hpp"
#include "check.hpp"
#include "jwt/claims.hpp"
#include "property.hpp"
#include "tokens.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::RoleMap;

using Roles = std::set<std::string>;

const std::vector<std::string> methods{"GET",    "HEAD",    "POST",  "PUT", "PATCH",
                                       "DELETE", "OPTIONS", "TRACE", "ALL"};

struct Line {
    std::string word; // on, off, any or all
    Roles roles;
};

using Lines = std::map<std::string, Line>;

// Whether the map lets someone with these roles use the method.
bool reference(const Lines& lines, std::string method, const Roles& held) {
    if (method == "HEAD" && !lines.contains(method) && lines.contains("GET")) {
        method = "GET";
    }
    method = lines.contains(method) ? method : "ALL";
    if (!lines.contains(method)) {
        return false;
    }
    const auto& [word, roles] = lines.at(method);
    if (word == "on" || word == "off") {
        return true;
    }
    std::size_t matches = 0;
    for (const std::string& role : roles) {
        matches += held.count(role);
    }
    return word == "any" ? matches > 0 : matches == roles.size();
}

Roles some_roles() {
    const auto names = *rc::gen::container<std::vector<std::string>>(
        *rc::gen::inRange(0, 4), rc::gen::element<std::string>("a", "b", "c", "aa", "A"));
    return {names.begin(), names.end()};
}

void role_maps_equal_the_reference(Checks& checks) {
    property(checks, "random role maps decide as the reference does", [] {
        Lines lines;
        RoleMap map;
        for (const std::string& method : methods) {
            if (*rc::gen::inRange(0, 3) == 0) {
                continue;
            }
            Line line{*rc::gen::element<std::string>("on", "off", "any", "all"), some_roles()};
            line.roles.insert("a");
            std::vector<std::string_view> words{method, line.word};
            if (line.word == "any" || line.word == "all") {
                words.insert(words.end(), line.roles.begin(), line.roles.end());
                if (line.word == "all" && *rc::gen::arbitrary<bool>()) {
                    words.erase(words.begin() + 1); // the default
                }
            }
            RC_ASSERT(!map.add(words).has_value());
            lines.emplace(method, line);
        }
        const Roles roles = some_roles();
        auth::Principal someone;
        someone.roles.assign(roles.begin(), roles.end());
        for (const std::string& method : methods) {
            RC_ASSERT(map.rule(method).grants(someone.roles) == reference(lines, method, roles));
            const bool open = map.rule(method).kind == auth::RoleRule::Kind::open;
            const bool for_nobody = reference(lines, method, {});
            RC_ASSERT((!open || for_nobody));
        }
        RC_ASSERT(map.rule("BREW").grants(someone.roles) == reference(lines, "BREW", roles));
    });
}

void random_lines_never_open_a_method(Checks& checks) {
    property(checks, "a refused line leaves its method closed", [] {
        RoleMap map;
        const auto words = *rc::gen::container<std::vector<std::string>>(
            rc::gen::element<std::string>("GET", "on", "off", "any", "all", "a", "a,b", "", "a\n"));
        RC_PRE(!words.empty());
        const std::vector<std::string_view> views(words.begin(), words.end());
        const auto error = map.add(views);
        const bool closed = map.rule("GET").kind == auth::RoleRule::Kind::closed;
        RC_ASSERT(closed == error.has_value());
        if (!error.has_value()) {
            RC_ASSERT(words[0] == "GET");
            for (const std::string& word : words) {
                RC_ASSERT(!word.empty() && word.find_first_of(",\n") == std::string::npos);
            }
            const bool open = map.rule("GET").kind == auth::RoleRule::Kind::open;
            RC_ASSERT(open == (words == std::vector<std::string>{"GET", "off"}));
        }
    });
}

// 1*SP b64token behind the scheme: RFC 6750 section 2.1. Empty when there is none.
std::string token_by_grammar(const std::string& value) {
    const auto start = value.find_first_not_of(' ', 6);
    if (!equal_ignoring_case(value.substr(0, 6), "bearer") || start == value.npos || start == 6) {
        return "";
    }
    const std::string token = value.substr(start);
    const auto padding = token.find_first_not_of(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");
    const bool rest_is_padding =
        padding == token.npos || token.find_first_not_of('=', padding) == token.npos;
    return padding != 0 && rest_is_padding ? token : "";
}

void bearer_tokens_equal_the_grammar(Checks& checks) {
    property(checks, "a token is read just where RFC 6750 has one", [] {
        const std::string scheme = *rc::gen::element<std::string>(
            "Bearer", "bEARER", "Basic", "Api-Key", "Bear", "", " Bearer", "Bearer:");
        const std::string value = scheme + *rc::gen::container<std::string>(rc::gen::elementOf(
                                               std::string("     aZ9-._~+/==,\t\"\x01\xff")));
        const auto token = parse_authorization(value);
        const std::string wanted = token_by_grammar(value);
        const bool read = token.has_value() && token.value().has_value() &&
                          token.value()->method == auth::Method::jwt;
        RC_ASSERT(read == !wanted.empty());
        if (read) {
            RC_ASSERT(token.value()->text == wanted);
        } else if (!token.has_value()) {
            RC_ASSERT(token.error() == Reason::malformed_authorization);
        }
    });
}

json_t* random_json(int depth) {
    const std::string text =
        *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab.,\n\x7f\x01 \"")));
    switch (*rc::gen::inRange(0, depth > 0 ? 7 : 5)) {
    case 0:
        return json_stringn(text.data(), text.size());
    case 1:
        return json_integer(*rc::gen::arbitrary<std::int64_t>());
    case 2:
        return json_real(*rc::gen::inRange(-1000, 1000) / 8.0);
    case 3:
        return json_boolean(*rc::gen::arbitrary<bool>());
    case 4:
        return json_null();
    case 5: {
        json_t* array = json_array();
        for (int count = *rc::gen::inRange(0, 4); count > 0; --count) {
            json_array_append_new(array, random_json(depth - 1));
        }
        return array;
    }
    default: {
        json_t* object = json_object();
        for (int count = *rc::gen::inRange(0, 4); count > 0; --count) {
            const std::string name = *rc::gen::element<std::string>("a", "b", "a.b", "", "\x7f");
            json_object_set_new(object, name.c_str(), random_json(depth - 1));
        }
        return object;
    }
    }
}

void claims_of_any_shape(Checks& checks) {
    property(checks, "text of a claim is fit for a header, paths find members only", [] {
        const json::Value claims(json_object());
        json_object_set_new(claims.get(), "a", random_json(4));
        const json::Document document =
            json::parse_document(json::compact(claims.get()), {1 << 20, 64});
        const auto same = [](const json::Element* found, const json_t* wanted) {
            return found == nullptr ? wanted == nullptr
                                    : json_equal(json::copy(found).get(), wanted) == 1;
        };
        RC_ASSERT(same(document.root(), claims.get()));
        RC_ASSERT(!has_control(jwt::claim_text(json::member(document.root(), "a"))));
        const json_t* a = json_object_get(claims.get(), "a");
        const json_t* wanted = json_object_get(json_object_get(a, "b"), "a");
        RC_ASSERT(same(jwt::ClaimPath::of_names({"a", "b", "a"})->find(document.root()), wanted));
        RC_ASSERT(same(jwt::ClaimPath::parse("a.b.a")->find(document.root()), wanted));
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<role_maps_equal_the_reference>),
        cmocka_unit_test(run<random_lines_never_open_a_method>),
        cmocka_unit_test(run<bearer_tokens_equal_the_grammar>),
        cmocka_unit_test(run<claims_of_any_shape>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
