#include "auth/token_request.hpp"

#include <algorithm>

#include "base/encoding.hpp"
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

const Login form_logins[] = {
    {"username=alice&password=secret", "alice|secret"},
    {"grant_type=password&username=alice&password=a%3Ab+c", "alice|a:b c"},
    {"password=secret&username=j%C3%BCrgen&scope=x", "j\xc3\xbcrgen|secret"},
    {"grant_type=client_credentials&client_id=app&client_secret=k%2By", "client app|k+y"},
    {"grant_type=client_credentials&username=alice&password=x", "client"},
    {"grant_type=client_credentials", "client"},
    {"grant_type=client_credentials&client_id=app", nullptr},
    {"grant_type=client_credentials&client_secret=key", nullptr},
    {"grant_type=client_credentials&client_id=app&client_id=b&client_secret=key", nullptr},
    {"client_id=app&client_secret=key", nullptr},
    {"grant_type=password&client_id=app&client_secret=key", nullptr},
    {"grant_type=refresh_token&username=alice&password=x", "grant_unsupported"},
    {"grant_type=&username=alice&password=x", "grant_unsupported"},
    {"grant_type=Password&username=alice&password=x", "grant_unsupported"},
    {"grant_type=password&grant_type=password&username=alice&password=x", nullptr},
    {"username=alice&username=bob&password=x", nullptr},
    {"username=alice", nullptr},
    {"password=x", nullptr},
    {"username=al%0aice&password=x", nullptr},
    {"username=alice&password=a%00b", nullptr},
    {"username=alice&password=%zz", nullptr},
    {R"({"username":"alice","password":"secret"})", nullptr},
    {"", nullptr},
};

std::string shown(const Result<auth::LoginBody, Reason>& read) {
    if (!read.has_value()) {
        return std::string(describe(read.error()).name);
    }
    const std::string secret =
        read->secret ? read->name + "|" + std::string(text(read->secret->view())) : "";
    return read->is_client ? secret.empty() ? "client" : "client " + secret : secret;
}

void form_login(Checks& checks) {
    for (const Login& row : form_logins) {
        const char* const wanted = row.read != nullptr ? row.read : "request_malformed";
        checks.equal(shown(auth::read_login(BodyType::form, row.body)), wanted, row.body);
    }
    for (const BodyType type : {BodyType::none, BodyType::other}) {
        checks.equal(shown(auth::read_login(type, "username=a&password=b")),
                     "content_type_unsupported", "another type");
    }
}

std::string base64(std::string_view plain) {
    std::string text = base64url_encode(bytes(plain));
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    return text.append((4 - text.size() % 4) % 4, '=');
}

void clients(Checks& checks) {
    const auto read = [](std::string_view plain) {
        return shown(auth::read_client(base64(plain)));
    };
    checks.equal(read("app:key"), "client app|key", "plain");
    checks.equal(read("a%3Ab:k%25%2B"), "client a:b|k%+", "escaped");
    checks.equal(read("my+app:a+b/c=="), "client my app|a+b/c==", "a key has no blank");
    checks.equal(read("app:k:y"), "client app|k:y", "the first colon");
    checks.equal(read("app:"), "client app|", "no key");
    checks.equal(read("app"), "malformed_authorization", "no colon");
    checks.equal(read("app:%zz"), "malformed_authorization", "a broken escape");
    checks.equal(read("app:%0a"), "malformed_authorization", "a control character");
    checks.equal(shown(auth::read_client("!")), "malformed_authorization", "no base64");
}

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
        const char* const wanted = row.read != nullptr ? row.read : "request_malformed";
        checks.equal(shown(auth::read_login(BodyType::json, row.body)), wanted, row.body);
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
        cmocka_unit_test(run<form_login>),     cmocka_unit_test(run<clients>),
        cmocka_unit_test(run<refresh_tokens>), cmocka_unit_test(run<any_token>),
        cmocka_unit_test(run<too_large>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
