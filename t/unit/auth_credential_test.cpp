#include "auth/credential.hpp"
#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::bearer_token;

// "token T", "nothing", or the log name of the reason.
std::string read(std::string_view value) {
    const auto token = bearer_token(value);
    if (!token.has_value()) {
        return std::string(describe(token.error()).name);
    }
    return token.value() ? "token " + std::string(*token.value()) : "nothing";
}

struct Row {
    std::string_view value;
    const char* wanted;
};

void tokens_are_read(Checks& checks) {
    const Row rows[] = {
        {"Bearer abc", "token abc"},
        {"bearer abc", "token abc"},
        {"BEARER abc", "token abc"},
        {"bEaReR abc", "token abc"},
        {"Bearer  abc", "token abc"}, // RFC 9110 section 11.4: 1*SP
        {"Bearer     abc", "token abc"},
        {"Bearer a.b.c", "token a.b.c"},
        {"Bearer A-Z_a.z~0+9/", "token A-Z_a.z~0+9/"},
        {"Bearer abc=", "token abc="},
        {"Bearer abc==", "token abc=="},
        {"Bearer a", "token a"},
        {"Bearer Bearer", "token Bearer"},
    };
    for (const Row& row : rows) {
        checks.equal(read(row.value), row.wanted, row.value);
    }
    checks.equal(read("Bearer " + std::string(100'000, 'x')), "token " + std::string(100'000, 'x'),
                 "long");
}

void other_schemes_are_not_ours(Checks& checks) {
    for (const char* value :
         {"Basic dXNlcjpwYXNz", "basic dXNlcjpwYXNz", "Digest username=\"x\", realm=\"y\"",
          "Negotiate YII=", "Token abc", "Bear abc", "Bearers abc", "Bearerabc def", "DPoP a.b.c",
          "Api-Key \"x y\"", "AWS4-HMAC-SHA256 Credential=a/b, Signature=c"}) {
        checks.equal(read(value), "nothing", value);
    }
}

void malformed_fields(Checks& checks) {
    for (const std::string_view value : {"",
                                         " ",
                                         "   ",
                                         " Bearer abc",
                                         "\tBearer abc",
                                         "Bearer",
                                         "bearer",
                                         "Bearer ",
                                         "Bearer    ",
                                         "Bearer\tabc",
                                         "Bearer \tabc",
                                         "Bearer a b",
                                         "Bearer abc def",
                                         "Bearer abc,def",
                                         "Bearer abc, Bearer def",
                                         "Bearer \"abc\"",
                                         "Bearer 'abc'",
                                         "Bearer <abc>",
                                         "Bearer {abc}",
                                         "Bearer =",
                                         "Bearer ===",
                                         "Bearer =abc",
                                         "Bearer a=b",
                                         "Bearer abc=def",
                                         "Bearer token=abc",
                                         "Bearer abc;",
                                         "Bearer abc%20",
                                         "Bearer abc\x7f",
                                         "Bearer \xc3\xa9",
                                         "Bearer \xff",
                                         "Bearer ab\ncd",
                                         "Bearer abc\r\nX: y",
                                         "Bearer ab\tc",
                                         "Bearer: abc",
                                         "\"Bearer\" abc",
                                         "Bearer, abc",
                                         "Bearer/abc def",
                                         "@",
                                         "(x) y",
                                         "=",
                                         "\xff\xff",
                                         "\x01 abc"}) {
        checks.equal(read(value), "malformed_authorization", value);
    }
    for (const std::string_view value :
         {std::string_view("Bearer a\0b", 10), std::string_view("Bearer\0abc", 10),
          std::string_view("\0Bearer abc", 11), std::string_view("Bearer abc\0", 11)}) {
        checks.equal(read(value), "malformed_authorization", "NUL");
    }
}

void every_octet_within_a_token(Checks& checks) {
    const std::string_view b64token =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
    for (int octet = 0; octet < 256; ++octet) {
        const char c = static_cast<char>(octet);
        const std::string value = std::string("Bearer a") + c + "b";
        const std::string wanted = b64token.find(c) != b64token.npos ? "token " + value.substr(7)
                                                                     : "malformed_authorization";
        checks.equal(read(value), wanted, value);
    }
}

void nothing_behind_the_view_is_read(Checks& checks) {
    const std::string buffer = "Bearer abcdef";
    checks.equal(read(std::string_view(buffer).substr(0, 10)), "token abc", "cut");
    checks.equal(read(std::string_view(buffer).substr(0, 6)), "malformed_authorization", "cut");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<tokens_are_read>),
        cmocka_unit_test(run<other_schemes_are_not_ours>),
        cmocka_unit_test(run<malformed_fields>),
        cmocka_unit_test(run<every_octet_within_a_token>),
        cmocka_unit_test(run<nothing_behind_the_view_is_read>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
