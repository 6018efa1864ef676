#include "authorization.hpp"
#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::Method;

// "token T", "basic T", "key T", "nothing", or the log name of the reason.
std::string read(std::string_view value) {
    const auto read = parse_authorization(value);
    if (!read.has_value()) {
        return std::string(describe(read.error()).name);
    }
    if (!read.value().has_value()) {
        return "nothing";
    }
    const auth::Credential credential = *read.value();
    const char* kind = credential.method == Method::jwt        ? "token "
                       : credential.method == Method::password ? "basic "
                                                               : "key ";
    return kind + std::string(credential.text);
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
        {"DPoP a.b.c", "token a.b.c"},
        {"dpop  a.b.c", "token a.b.c"},
    };
    for (const Row& row : rows) {
        checks.equal(read(row.value), row.wanted, row.value);
    }
    checks.equal(read("Bearer " + std::string(100'000, 'x')), "token " + std::string(100'000, 'x'),
                 "long");
}

// Of every length, with a strange byte at every place.
void each_byte_is_looked_at(Checks& checks) {
    for (std::size_t size = 1; size <= 70; ++size) {
        const std::string good(size, 'x');
        checks.equal(read("Bearer " + good), "token " + good, good);
        for (std::size_t i = 0; i < size; ++i) {
            std::string bad = good;
            bad[i] = '!';
            checks.equal(read("Bearer " + bad), "malformed_authorization", bad);
        }
    }
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') ||
                          std::string_view("-._~+/").find(c) != std::string_view::npos;
        for (const std::size_t size : {3, 40}) {
            std::string text(size, 'x');
            text[1] = c;
            checks.equal(read("Bearer " + text),
                         good ? "token " + text : std::string("malformed_authorization"),
                         "byte " + std::to_string(byte));
        }
    }
}

void other_schemes_are_not_ours(Checks& checks) {
    for (const char* value :
         {"Basi dXNlcjpwYXNz", "Basics dXNlcjpwYXNz", "ApiKey abc", "Api-Keys abc", "Api_Key abc",
          "Digest username=\"x\", realm=\"y\"", "Negotiate YII=", "Token abc", "Bear abc",
          "Bearers abc", "Bearerabc def", "DPo a.b.c", "DPoPs a.b.c", "D-PoP a.b.c",
          "AWS4-HMAC-SHA256 Credential=a/b, Signature=c"}) {
        checks.equal(read(value), "nothing", value);
    }
}

void passwords_and_keys_are_read(Checks& checks) {
    const Row rows[] = {
        {"Basic dXNlcjpwYXNz", "basic dXNlcjpwYXNz"},
        {"basic dXNlcjpwYXNz", "basic dXNlcjpwYXNz"},
        {"BASIC   dXNlcjpwYXNz", "basic dXNlcjpwYXNz"},
        {"Basic YTpi==", "basic YTpi=="},
        {"Basic a-_.~+/", "basic a-_.~+/"}, // a token68, though no base64
        {"Api-Key abc", "key abc"},
        {"api-key abc", "key abc"},
        {"API-KEY    abc", "key abc"},
        {"Api-Key id.secret", "key id.secret"},
        {"Api-Key !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "key !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
        {"Api-Key =", "key ="},
        {"Api-Key Bearer", "key Bearer"},
    };
    for (const Row& row : rows) {
        checks.equal(read(row.value), row.wanted, row.value);
    }
}

const std::string_view no_passwords_or_keys[] = {"Basic",
                                                 "basic ",
                                                 "Basic    ",
                                                 "Basic\tYTpi",
                                                 "Basic \tYTpi",
                                                 "Basic YTpi YTpi",
                                                 "Basic YTpi ",
                                                 "Basic YTpi,YTpi",
                                                 "Basic YTpi, Basic YTpi",
                                                 "Basic \"YTpi\"",
                                                 "Basic =",
                                                 "Basic ==",
                                                 "Basic YT=pi",
                                                 "Basic YTpi\r\n",
                                                 "Basic YTpi\x7f",
                                                 "Basic YTpi\xc3\xa9",
                                                 "Basic a:b",
                                                 "Basic: YTpi",
                                                 "Basic, YTpi",
                                                 "Api-Key",
                                                 "api-key ",
                                                 "Api-Key    ",
                                                 "Api-Key\tabc",
                                                 "Api-Key \tabc",
                                                 "Api-Key abc def",
                                                 "Api-Key \"x y\"",
                                                 "Api-Key abc ",
                                                 "Api-Key ab\tc",
                                                 "Api-Key abc\n",
                                                 "Api-Key abc\x7f",
                                                 "Api-Key \xc3\xa9",
                                                 "Api-Key \xff",
                                                 "Api-Key: abc",
                                                 " Basic YTpi",
                                                 " Api-Key abc"};

void malformed_passwords_and_keys(Checks& checks) {
    for (const std::string_view value : no_passwords_or_keys) {
        checks.equal(read(value), "malformed_authorization", value);
    }
    for (const std::string_view value :
         {std::string_view("Basic YT\0pi", 11), std::string_view("Basic\0YTpi", 10),
          std::string_view("Api-Key a\0b", 11), std::string_view("Api-Key\0abc", 11),
          std::string_view("Api-Key abc\0", 12)}) {
        checks.equal(read(value), "malformed_authorization", "NUL");
    }
}

void limits_of_keys(Checks& checks) {
    const std::string longest(auth::max_api_key_bytes, 'k');
    checks.that(auth::is_api_key(longest) && auth::is_api_key("k") && auth::is_api_key("!~"),
                "keys");
    checks.that(!auth::is_api_key(longest + "k"), "too long");
    checks.equal(read("Api-Key " + longest), "key " + longest, "longest");
    checks.equal(read("Api-Key " + longest + "k"), "malformed_authorization", "too long");
    for (const std::string_view bad :
         {"", " ", "a b", " a", "a ", "a\tb", "a\n", "\x7f", "\xc3\xa9"}) {
        checks.that(!auth::is_api_key(bad), bad);
    }
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        checks.equal(auth::is_api_key({&c, 1}), byte > 0x20 && byte < 0x7f, std::to_string(byte));
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

void every_byte_within_a_token(Checks& checks) {
    const std::string_view b64token =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
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
    const std::string basic = "Basic YTpi YTpi";
    checks.equal(read(std::string_view(basic).substr(0, 10)), "basic YTpi", "cut");
    const std::string key = "Api-Key abc def";
    checks.equal(read(std::string_view(key).substr(0, 11)), "key abc", "cut");
}

// One may ask for the credential alone, and judge it later, or not at all.
void a_credential_is_found_whatever_it_is(Checks& checks) {
    const Row rows[] = {
        {"Bearer abc", "good"}, {"Bearer  a b", "bad"}, {"Bearer", "bad"},
        {"Bearer ", "bad"},     {"Basic YTpi", "good"}, {"Basic !", "bad"},
        {"Api-Key a!", "good"}, {"Api-Key a b", "bad"}, {"Digest !", "none"},
        {"", "malformed"},      {"=x", "malformed"},
    };
    for (const Row& row : rows) {
        const auto found = auth::find_credential(row.value);
        const char* kind = !found                          ? "malformed"
                           : !*found                       ? "none"
                           : auth::is_well_formed(**found) ? "good"
                                                           : "bad";
        checks.equal(kind, row.wanted, row.value);
    }
    using enum auth::TokenScheme;
    checks.that((*auth::find_credential("Bearer a"))->scheme == bearer, "the scheme");
    checks.that((*auth::find_credential("dPoP a"))->scheme == dpop, "the scheme of RFC 9449");
    checks.that((*auth::find_credential("Basic a"))->scheme == none, "no token");
    const auto token = auth::find_credential("Bearer  a, b");
    checks.equal(std::string((*token)->text), "a, b", "all of it");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<tokens_are_read>),
        cmocka_unit_test(run<each_byte_is_looked_at>),
        cmocka_unit_test(run<other_schemes_are_not_ours>),
        cmocka_unit_test(run<passwords_and_keys_are_read>),
        cmocka_unit_test(run<malformed_passwords_and_keys>),
        cmocka_unit_test(run<limits_of_keys>),
        cmocka_unit_test(run<malformed_fields>),
        cmocka_unit_test(run<a_credential_is_found_whatever_it_is>),
        cmocka_unit_test(run<every_byte_within_a_token>),
        cmocka_unit_test(run<nothing_behind_the_view_is_read>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
