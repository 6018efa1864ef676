#include "auth/challenge.hpp"
#include "base/text.hpp"
#include "check.hpp"

// One challenge for each method and reason.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::challenge;
using auth::Method;

const std::optional<Method> presentations[] = {std::nullopt, Method::jwt, Method::password,
                                               Method::api_key};

std::string wanted_of(Method method, const ReasonInfo& info, std::optional<Method> presented) {
    const bool error =
        method == Method::jwt && presented.value_or(method) == method && !info.challenge.empty();
    if (info.status != 401 && !error) {
        return "";
    }
    switch (method) {
    case Method::password:
        return R"(Basic realm="api", charset="UTF-8")";
    case Method::api_key:
        return R"(Api-Key realm="api")";
    case Method::jwt:
        break;
    }
    return R"(Bearer realm="api")" +
           (error ? ", error=\"" + std::string(info.challenge) + "\"" : "");
}

void every_method_and_reason(Checks& checks) {
    for (int each = 0; each <= static_cast<int>(Reason::internal_error); ++each) {
        const auto reason = static_cast<Reason>(each);
        const ReasonInfo& info = describe(reason);
        for (const Method method : {Method::jwt, Method::password, Method::api_key}) {
            for (const std::optional<Method> presented : presentations) {
                checks.equal(challenge(method, "api", reason, presented),
                             wanted_of(method, info, presented), info.name);
            }
        }
    }
}

// RFC 9110 section 15.5.2: a 401 has at least one challenge.
void a_401_has_a_challenge(Checks& checks) {
    for (int each = 0; each <= static_cast<int>(Reason::internal_error); ++each) {
        const auto reason = static_cast<Reason>(each);
        const ReasonInfo& info = describe(reason);
        for (const Method method : {Method::jwt, Method::password, Method::api_key}) {
            for (const std::optional<Method> presented : presentations) {
                const std::string value = challenge(method, "api", reason, presented);
                checks.that(info.status != 401 || !value.empty(), info.name);
                checks.that(info.status < 500 || value.empty(), info.name);
                checks.that(value.find(info.name) == std::string::npos, "the name is for logs");
            }
        }
    }
}

void the_errors_of_bearer_stay_there(Checks& checks) {
    checks.equal(challenge(Method::jwt, "api", Reason::credential_invalid, Method::password),
                 R"(Bearer realm="api")", "a wrong password is no invalid token");
    checks.equal(challenge(Method::password, "api", Reason::token_expired, Method::jwt),
                 R"(Basic realm="api", charset="UTF-8")", "a password may help");
    checks.equal(challenge(Method::jwt, "api", Reason::token_expired, Method::jwt),
                 R"(Bearer realm="api", error="invalid_token")", "of the token");
    checks.equal(challenge(Method::jwt, "api", Reason::role_missing, Method::password), "",
                 "no scope of a password");
    checks.equal(challenge(Method::password, "api", Reason::role_missing, Method::password), "",
                 "the browser must not ask again");
    checks.equal(challenge(Method::api_key, "api", Reason::credential_forbidden, Method::api_key),
                 "", "forbidden");
    checks.equal(challenge(Method::password, "api", Reason::lookup_failed, Method::password), "",
                 "a failure of ours");
}

void realm_cannot_leave_its_quotes(Checks& checks) {
    for (const Method method : {Method::jwt, Method::password, Method::api_key}) {
        const auto with = [method](std::string_view realm) {
            return challenge(method, realm, Reason::no_credential, std::nullopt);
        };
        checks.that(with(R"(a"b\c)").find(R"( realm="a\"b\\c")") != std::string::npos, "escapes");
        checks.that(with("").find(R"( realm="")") != std::string::npos, "no realm");
        checks.that(with("\xc3\xa4").find(" realm=\"\xc3\xa4\"") != std::string::npos, "UTF-8");
        for (const std::string_view realm :
             {std::string_view("a\r\nSet-Cookie: x=y"), std::string_view("a\nb"),
              std::string_view("a\0b", 3), std::string_view("\x7f"),
              std::string_view("\x01\x1f")}) {
            checks.that(!has_control(with(realm)), realm);
        }
    }
}

void names_of_methods(Checks& checks) {
    checks.equal(name(Method::jwt), "jwt", "jwt");
    checks.equal(name(Method::password), "password", "password");
    checks.equal(name(Method::api_key), "api_key", "api_key");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<every_method_and_reason>),
        cmocka_unit_test(run<a_401_has_a_challenge>),
        cmocka_unit_test(run<the_errors_of_bearer_stay_there>),
        cmocka_unit_test(run<realm_cannot_leave_its_quotes>),
        cmocka_unit_test(run<names_of_methods>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
