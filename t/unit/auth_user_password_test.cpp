#include "auth/credential.hpp"
#include "base/text.hpp"
#include "check.hpp"
#include "hashes.hpp"
#include "property.hpp"

// What the Basic scheme carries: RFC 7617 section 2.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::UserPassword;

// "user|password", or the log name of the reason.
std::string decoded(std::string_view encoded) {
    const auto read = UserPassword::decode(encoded);
    if (!read.has_value()) {
        return std::string(describe(read.error()).name);
    }
    return std::string(read->user()) + "|" + std::string(read->password());
}

void published_values(Checks& checks) {
    checks.equal(decoded("QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "Aladdin|open sesame", "section 2");
    checks.equal(decoded("dGVzdDoxMjPCow=="), "test|123\xc2\xa3", "section 2.1");
}

void users_and_passwords(Checks& checks) {
    struct Row {
        const char* plain;
        const char* wanted;
    };
    const Row rows[] = {
        {"user:pass", "user|pass"},
        {"user:pa:ss", "user|pa:ss"},
        {"user::", "user|:"},
        {"user:", "user|"},
        {":pass", "|pass"},
        {"::pass", "|:pass"},
        {":", "|"},
        {" user : pass ", " user | pass "},
        {"us\xc3\xa9r:\xe2\x82\xac", "us\xc3\xa9r|\xe2\x82\xac"},
        {"latin:1\xa3", "latin|1\xa3"},
        {"a\"b\\:c\"d\\", "a\"b\\|c\"d\\"},
    };
    for (const auto& [plain, wanted] : rows) {
        checks.equal(decoded(base64(plain)), wanted, plain);
    }
    const std::string longest(100'000, 'p');
    checks.equal(decoded(base64("u:" + longest)), "u|" + longest, "long");
}

void malformed(Checks& checks) {
    for (const std::string_view plain : {"", "u", "user", "user;pass", "user pass"}) {
        checks.equal(decoded(base64(plain)), "malformed_authorization", plain);
    }
    for (const std::string_view encoded :
         {"",         "=",    "====", "YTpi=", "YTpi====", "YTp",    "YT",        "Y",  "YTo",
          "YTo=YTo=", "YTp=", "YTq",  "YTpi ", " YTpi",    "YTpi\n", "YT pi",     "Og", "Og=",
          "Oh==",     "YTo_", "YTo-", "a:b",   "YTpi!",    "YTpiYT", "\xc3\xa9zz"}) {
        checks.equal(decoded(encoded), "malformed_authorization", encoded);
    }
    checks.equal(decoded(std::string_view("YTpi\0\0\0\0", 8)), "malformed_authorization", "NUL");
    const std::string longer = "YTpiYTpi";
    checks.equal(decoded(std::string_view(longer).substr(0, 4)), "a|b", "its own end");
}

void every_byte(Checks& checks) {
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool control = byte < 0x20 || byte == 0x7f;
        const std::string user = std::string("u") + c + ":p";
        const std::string wanted = c == ':' ? "u|:p" : "u" + std::string(1, c) + "|p";
        checks.equal(decoded(base64(user)), control ? "malformed_authorization" : wanted, user);
        const std::string password = std::string("u:p") + c;
        checks.equal(decoded(base64(password)),
                     control ? "malformed_authorization" : "u|p" + std::string(1, c), password);
    }
}

void halves_live_as_long_as_the_whole(Checks& checks) {
    std::string encoded = base64("user:a password that is longer than a short string");
    auto read = UserPassword::decode(encoded);
    encoded.assign(encoded.size(), 'x');
    const UserPassword moved = std::move(read).value();
    checks.equal(moved.user(), "user", "user");
    checks.equal(moved.password(), "a password that is longer than a short string", "password");
}

void any_text(Checks& checks) {
    property(checks, "the halves and the colon are the text", [] {
        const auto buffer = *rc::gen::container<std::string>(
            rc::gen::elementOf(std::string("ab:::\xc3\xa4 \"\x01\x7f", 11)));
        const auto read = UserPassword::decode(base64(buffer));
        const auto colon = buffer.find(':');
        RC_ASSERT(read.has_value() == (!has_control(buffer) && colon != buffer.npos));
        if (read.has_value()) {
            RC_ASSERT(read->user() == buffer.substr(0, colon));
            RC_ASSERT(read->password() == buffer.substr(colon + 1));
        }
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<published_values>),
        cmocka_unit_test(run<users_and_passwords>),
        cmocka_unit_test(run<malformed>),
        cmocka_unit_test(run<every_byte>),
        cmocka_unit_test(run<halves_live_as_long_as_the_whole>),
        cmocka_unit_test(run<any_text>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
