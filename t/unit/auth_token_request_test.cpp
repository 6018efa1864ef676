#include "auth/token_request.hpp"

#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::BodyType;

struct Type {
    const char* field;
    BodyType type;
};

const Type types[] = {
    {"", BodyType::none},
    {"application/json", BodyType::json},
    {"Application/JSON", BodyType::json},
    {"application/json;charset=utf-8", BodyType::json},
    {"application/json ; charset=\"UTF-8\"; q=1", BodyType::json},
    {"application/json; charset=iso-8859-1", BodyType::other},
    {"application/json; q=1; charset=utf-16", BodyType::other},
    {"application/jsonx", BodyType::other},
    {"application/json, text/plain", BodyType::other},
    {"application/problem+json", BodyType::other},
    {"application/x-www-form-urlencoded", BodyType::form},
    {"application/x-www-form-urlencoded; charset=UTF-8", BodyType::form},
    {"multipart/form-data; boundary=x", BodyType::other},
    {"text/plain", BodyType::other},
    {";", BodyType::other},
};

void content_types(Checks& checks) {
    for (const Type& row : types) {
        checks.that(auth::body_type(row.field) == row.type, row.field);
    }
}

struct Login {
    const char* body;
    const char* read; // "user|password", or null when it is malformed
};

const Login logins[] = {
    {R"({"username":"alice","password":"secret"})", "alice|secret"},
    {R"({"password":"a:b \"c\"","username":"x:y","other":[1]})", "x:y|a:b \"c\""},
    {R"({"username":"","password":""})", "|"},
    {R"({"username":"j\u00fcrgen","password":"grüße"})", "jürgen|grüße"},
    {R"({"username":"alice"})", nullptr},
    {R"({"password":"secret"})", nullptr},
    {R"({"username":7,"password":"secret"})", nullptr},
    {R"({"username":"alice","password":null})", nullptr},
    {R"({"username":["alice"],"password":"secret"})", nullptr},
    {R"({"username":"alice","username":"bob","password":"secret"})", nullptr},
    {R"({"username":"alice","password":"a\u0000b"})", nullptr},
    {R"({"username":"al\nice","password":"secret"})", nullptr},
    {R"(["alice","secret"])", nullptr},
    {R"("alice")", nullptr},
    {R"({"username":"alice","password":"secret"}})", nullptr},
    {R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}},"username":"a","password":"b"})",
     nullptr},
    {"", nullptr},
};

void login(Checks& checks) {
    for (const Login& row : logins) {
        const auto read = auth::read_login(row.body);
        checks.that(read.has_value() == (row.read != nullptr), row.body);
        if (read.has_value() && row.read != nullptr) {
            checks.equal(read->username + "|" + std::string(text(read->password.view())), row.read,
                         row.body);
        }
    }
}

struct Token {
    BodyType type;
    const char* body;
    const char* strict;  // with a grant type: the token, or the reason
    const char* lenient; // without
};

const Token tokens[] = {
    {BodyType::json, R"({"refresh_token":"a.b.c"})", "a.b.c", "a.b.c"},
    {BodyType::json, R"({"refresh_token":"Bearer a.b.c"})", "a.b.c", "a.b.c"},
    {BodyType::json, R"({"refresh_token":"bearer  a.b.c "})", "a.b.c", "a.b.c"},
    {BodyType::json, R"({"refresh_token":"Bearer "})", "request_malformed", "request_malformed"},
    {BodyType::json, R"({"refresh_token":"Bearer"})", "Bearer", "Bearer"},
    {BodyType::json, R"({"refresh_token":""})", "request_malformed", "request_malformed"},
    {BodyType::json, R"({"refresh_token":1})", "request_malformed", "request_malformed"},
    {BodyType::json, R"({"token":"a.b.c"})", "request_malformed", "request_malformed"},
    {BodyType::json, R"({"refresh_token":"a","refresh_token":"b"})", "request_malformed",
     "request_malformed"},
    {BodyType::form, "grant_type=refresh_token&refresh_token=a.b.c", "a.b.c", "a.b.c"},
    {BodyType::form, "refresh_token=a.b.c", "request_malformed", "a.b.c"},
    {BodyType::form, "grant_type=password&refresh_token=a.b.c", "grant_unsupported", "a.b.c"},
    {BodyType::form, "grant_type=refresh_token&refresh_token=a&refresh_token=b",
     "request_malformed", "request_malformed"},
    {BodyType::form, "grant_type=refresh_token&refresh_token=", "request_malformed",
     "request_malformed"},
    {BodyType::form, "grant%5Ftype=refresh_token&refresh_token=a%2Eb.c&scope=x+y", "a.b.c",
     "a.b.c"},
    {BodyType::form, "grant_type=refresh_token&refresh_token=Bearer+a.b.c", "a.b.c", "a.b.c"},
    {BodyType::form, "grant_type=refresh_token&refresh_token=a%zz", "request_malformed",
     "request_malformed"},
    {BodyType::form, R"({"refresh_token":"a.b.c"})", "request_malformed", "request_malformed"},
};

std::string outcome(const Result<Secret, Reason>& read) {
    return std::string(read.has_value() ? text(read->view()) : describe(read.error()).name);
}

void refresh_tokens(Checks& checks) {
    for (const Token& row : tokens) {
        checks.equal(outcome(auth::read_refresh_token(row.type, row.body, true)), row.strict,
                     row.body);
        checks.equal(outcome(auth::read_refresh_token(row.type, row.body, false)), row.lenient,
                     row.body);
    }
}

void any_token(Checks& checks) {
    checks.equal(outcome(auth::read_token(BodyType::form, "token=x&token_type_hint=y")), "x",
                 "form");
    checks.equal(outcome(auth::read_token(BodyType::json, R"({"token":"x"})")), "x", "JSON");
    checks.equal(outcome(auth::read_token(BodyType::json, R"({"refresh_token":"x"})")),
                 "request_malformed", "another member");
}

void too_large(Checks& checks) {
    const std::string body = R"({"token":")" + std::string(auth::max_endpoint_body, 'x') + "\"}";
    checks.equal(outcome(auth::read_token(BodyType::json, body)), "request_malformed", "JSON");
    std::string many = "token=x";
    for (int i = 0; i < 40; ++i) {
        many += "&f" + std::to_string(i) + "=";
    }
    checks.equal(outcome(auth::read_token(BodyType::form, many)), "request_malformed", "fields");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<content_types>),  cmocka_unit_test(run<login>),
        cmocka_unit_test(run<refresh_tokens>), cmocka_unit_test(run<any_token>),
        cmocka_unit_test(run<too_large>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
