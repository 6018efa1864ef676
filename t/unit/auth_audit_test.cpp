#include "auth/audit.hpp"

#include "check.hpp"
#include "json/jansson.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

void members(Checks& checks) {
    checks.equal(auth::audit_line({.event = "login"}, 1'700'000'000'042),
                 "{\"time\":\"2023-11-14T22:13:20.042Z\",\"event\":\"login\"}\n", "the least");
    checks.equal(
        auth::audit_line(
            {.event = "token_rotated",
             .who = {.tenant = "acme", .subject = "alice", .sid = "s", .jti = "j", .kid = "k"},
             .reason = "r",
             .replaced_by = "n",
             .client = "127.0.0.1",
             .request_id = "id"},
            0),
        "{\"time\":\"1970-01-01T00:00:00.000Z\",\"event\":\"token_rotated\",\"tenant_id\":"
        "\"acme\",\"sub\":\"alice\",\"sid\":\"s\",\"jti\":\"j\",\"kid\":\"k\",\"reason\":"
        "\"r\",\"replaced_by\":\"n\",\"client\":\"127.0.0.1\",\"request_id\":\"id\"}\n",
        "all");
}

// One line of JSON, whatever stands in it.
void odd_text(Checks& checks) {
    const std::string_view nul("a\0b", 3);
    for (const std::string_view subject :
         {std::string_view("a\"b\\c"), std::string_view("line\nbreak\r\x1b[0m"), nul,
          std::string_view("grüße"), std::string_view("\x7f"),
          std::string_view("\xc2\x9b"
                           "1m"),
          std::string_view("\xff\xfe"), std::string_view("\xed\xa0\x80")}) {
        const std::string line =
            auth::audit_line({.event = "refused", .who = {.subject = std::string(subject)}}, 1);
        checks.that(line.find('\x7f') == std::string::npos &&
                        line.find('\x9b') == std::string::npos,
                    "nothing for a terminal");
        checks.that(line.find('\n') == line.size() - 1 && line.find('\0') == std::string::npos,
                    "one line");
        json_t* const parsed = json_loadb(line.data(), line.size(), JSON_ALLOW_NUL, nullptr);
        checks.that(json::string(json::member(parsed, "sub")).has_value(), line);
        json_decref(parsed);
    }
    const std::string longer =
        auth::audit_line({.event = "x", .who = {.kid = std::string(5000, 'k')}}, 1);
    checks.that(longer.size() < 2000, "what is long is cut");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<members>),
        cmocka_unit_test(run<odd_text>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
