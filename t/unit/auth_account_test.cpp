#include "auth/account.hpp"
#include "base/text.hpp"
#include "check.hpp"
#include "json/jansson.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::Account;
using auth::account_data;
using auth::AccountData;

Result<AccountData> read(std::string_view text, std::string_view subject = "someone") {
    return account_data(json::parse_object(text, {4096, 8}).get(), subject);
}

// "subject/tenant/role,role/from..to", or "refused".
std::string shown(const Result<AccountData>& data) {
    if (!data.has_value()) {
        return "refused";
    }
    std::string roles;
    for (const std::string& role : data->roles) {
        roles += (roles.empty() ? "" : ",") + role;
    }
    const auto time = [](std::optional<std::int64_t> value) {
        return value ? std::to_string(*value) : "";
    };
    return data->subject + "/" + data->tenant + "/" + roles + "/" + time(data->not_before) + ".." +
           time(data->expires);
}

struct Row {
    const char* text;
    const char* wanted;
};

void shapes(Checks& checks) {
    const Row rows[] = {
        {"{}", "someone///.."},
        {R"({"sub":"alice"})", "alice///.."},
        {R"({"tenant_id":"t"})", "someone/t//.."},
        {R"({"tenant_id":null})", "someone///.."},
        {R"({"roles":[]})", "someone///.."},
        {R"({"roles":["a","b c","\u00e4"]})", "someone//a,b c,\xc3\xa4/.."},
        {R"({"not_before":1,"expires":2})", "someone///1..2"},
        {R"({"not_before":0,"expires":-1})", "someone///0..-1"},
        {R"({"expires":9223372036854775807})", "someone///..9223372036854775807"},
        {R"({"expires":"2026-01-31T23:59:59Z"})", "someone///..1769903999"},
        {R"({"not_before":"1996-12-19T16:39:57-08:00"})", "someone///851042397.."},
        {R"({"name":"x","password":1,"Sub":"y","exp":3})", "someone///.."},
        {R"({"sub":"s","tenant_id":"t","roles":["r"],"not_before":1,"expires":2})", "s/t/r/1..2"},
    };
    for (const auto& [text, wanted] : rows) {
        checks.equal(shown(read(text)), wanted, text);
    }
}

const char* const no_accounts[] = {R"({"sub":""})",
                                   R"({"sub":1})",
                                   R"({"sub":["a"]})",
                                   R"({"sub":true})",
                                   R"({"sub":{}})",
                                   R"({"sub":"a\nb"})",
                                   R"({"sub":"\u007f"})",
                                   R"({"tenant_id":""})",
                                   R"({"tenant_id":1})",
                                   R"({"tenant_id":false})",
                                   R"({"tenant_id":["t"]})",
                                   R"({"tenant_id":"a\tb"})",
                                   R"({"roles":"admin"})",
                                   R"({"roles":{"admin":true}})",
                                   R"({"roles":1})",
                                   R"({"roles":[1]})",
                                   R"({"roles":["a",null]})",
                                   R"({"roles":[["a"]]})",
                                   R"({"roles":[""]})",
                                   R"({"roles":["a",""]})",
                                   R"({"sub":"alice "})",
                                   R"({"sub":"\u00a0"})",
                                   R"({"sub":"a\u0085b"})",
                                   R"({"tenant_id":" acme"})",
                                   R"({"tenant_id":"acme\u2028"})",
                                   R"({"roles":["admin "]})",
                                   R"({"roles":["a,b"]})",
                                   R"({"roles":[","]})",
                                   R"({"roles":["a\r\nb"]})",
                                   R"({"roles":["a\u001fb"]})",
                                   R"({"expires":1.5})",
                                   R"({"expires":1e3})",
                                   R"({"expires":true})",
                                   R"({"expires":[1]})",
                                   R"({"expires":""})",
                                   R"({"expires":"1"})",
                                   R"({"expires":"tomorrow"})",
                                   R"({"expires":"2026-01-31"})",
                                   R"({"expires":"2026-02-29T00:00:00Z"})",
                                   R"({"expires":{}})",
                                   R"({"not_before":"x"})",
                                   R"({"not_before":1.0})",
                                   R"({"not_before":false})"};

void wrong_shapes(Checks& checks) {
    for (const char* text : no_accounts) {
        const auto data = read(text);
        checks.equal(shown(data), "refused", text);
        checks.that(data.has_value() || (!data.error().empty() && !has_control(data.error())),
                    text);
    }
}

void given_subjects(Checks& checks) {
    checks.equal(shown(read("{}", "")), "refused", "no subject at all");
    checks.equal(shown(read("{}", "a\nb")), "refused", "a control character");
    checks.equal(shown(read("{}", "alice ")), "refused", "a blank at its end");
    checks.equal(shown(read("{}", std::string_view("a\0b", 3))), "refused", "NUL");
    checks.equal(shown(read(R"({"sub":"s"})", "other")), "s///..", "sub comes first");
}

AccountData valid_between(std::optional<std::int64_t> from, std::optional<std::int64_t> to) {
    return {"s", "", {}, from, to};
}

void times(Checks& checks) {
    struct Times {
        std::optional<std::int64_t> from;
        std::optional<std::int64_t> to;
        std::int64_t now;
        std::optional<Reason> wanted;
    };
    const auto early = Reason::credential_not_yet_valid;
    const auto late = Reason::credential_expired;
    const Times rows[] = {
        {{}, {}, 0, {}},
        {{}, {}, INT64_MAX, {}},
        {{}, {}, INT64_MIN, {}},
        {100, {}, 99, early},
        {100, {}, 100, {}},
        {100, {}, INT64_MAX, {}},
        {{}, 200, 199, {}},
        {{}, 200, 200, late},
        {{}, 200, 201, late},
        {{}, 200, INT64_MIN, {}},
        {100, 200, 99, early},
        {100, 200, 150, {}},
        {100, 200, 200, late},
        {0, {}, -1, early},
        {{}, 0, 0, late},
        {{}, 0, -1, {}},
        {INT64_MIN, INT64_MAX, 0, {}},
        {INT64_MAX, {}, 0, early},
        {{}, INT64_MIN, 0, late},
    };
    for (const Times& row : rows) {
        checks.that(Account(valid_between(row.from, row.to)).check_time(row.now) == row.wanted,
                    std::to_string(row.now));
    }
    checks.that(Account(valid_between(200, 100)).check_time(150).has_value(), "never good");
    checks.that(Account(valid_between(100, 100)).check_time(100).has_value(), "never good");
}

void principals(Checks& checks) {
    AccountData made{"s", "t", {"a", "b", "a role that is longer than a short string"}, {}, {}};
    const Account account(std::move(made));
    made = {"other", "other", {"other"}, {}, {}};
    const auth::Principal& principal = account.principal();
    checks.equal(principal.subject, "s", "short texts are borrowed from the account as well");
    checks.equal(principal.tenant, "t", "tenant");
    checks.equal(principal.role_list(), "a,b,a role that is longer than a short string", "roles");
    checks.that(holds(principal.roles, "a") && !holds(principal.roles, "other"), "roles");
    checks.that(Account(valid_between({}, {})).principal().roles.empty(), "no roles");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<shapes>),         cmocka_unit_test(run<wrong_shapes>),
        cmocka_unit_test(run<given_subjects>), cmocka_unit_test(run<times>),
        cmocka_unit_test(run<principals>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
