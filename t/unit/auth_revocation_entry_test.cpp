#include <array>
#include <vector>

#include "auth/revocation_entry.hpp"
#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::auth;

std::string error_of(std::string_view text) {
    const auto entry = parse_revocation_entry(text);
    return entry ? "valid: " + revocation_text(*entry) : entry.error();
}

void members_are_read(Checks& checks) {
    const auto entry = parse_revocation_entry(
        R"({"sub":"alice","tenant_id":"acme","iss":"https://id","issued_before":5,"until":9})");
    checks.that(entry.has_value(), "valid");
    checks.that(entry.value() ==
                    RevocationEntry{RevocationKind::sub, "alice", "acme", "https://id", 5, 9},
                "all members");
    checks.that(parse_revocation_entry(R"( {"jti" : "a"} )").value() ==
                    RevocationEntry{RevocationKind::jti, "a"},
                "one member");
    checks.that(parse_revocation_entry(R"({"kid":"\u00e9","tenant_id":"*"})").value() ==
                    RevocationEntry{RevocationKind::kid, "\xc3\xa9", "*"},
                "escapes");
}

void each_kind_is_rendered_as_it_is_parsed(Checks& checks) {
    for (std::size_t i = 0; i < revocation_kinds.size(); ++i) {
        RevocationEntry entry{static_cast<RevocationKind>(i), "a \"b\" \\ \xc3\xa9"};
        const bool has_times =
            entry.kind == RevocationKind::sub || entry.kind == RevocationKind::tenant;
        checks.that(parse_revocation_entry(revocation_text(entry)).value() == entry, "short");
        entry.issuer = "https://id.example";
        entry.until = 253402300799;
        entry.issued_before = has_times ? std::optional<std::int64_t>(0) : std::nullopt;
        entry.tenant_id = entry.kind == RevocationKind::tenant ? std::nullopt
                                                               : std::optional<std::string>("acme");
        checks.that(parse_revocation_entry(revocation_text(entry)).value() == entry, "long");
    }
    checks.equal(revocation_text({RevocationKind::sid, "s", "*", {}, {}, 7}),
                 R"({"sid":"s","tenant_id":"*","until":7})", "the order of members");
}

void a_value_names_one_thing(Checks& checks) {
    constexpr std::string_view none = "names none of jti, sid, sub, kid and tenant";
    constexpr std::string_view several = "names more than one of jti, sid, sub, kid and tenant";
    checks.equal(error_of("{}"), none, "empty");
    checks.equal(error_of(R"({"until":5})"), none, "times alone");
    checks.equal(error_of(R"({"jti":"a","sid":"b"})"), several, "two");
    checks.equal(error_of(R"({"sub":"a","tenant":"b"})"), several, "a subject and a tenant");
    checks.equal(error_of(R"({"tenant":"a","tenant_id":"a"})"),
                 "has \"tenant_id\" beside \"tenant\"", "a tenant of a tenant");
}

void times_are_whole_seconds(Checks& checks) {
    for (const char* const time :
         {"-1", "1.5", "1e9", "1.0", "\"5\"", "null", "true", "[1]", "253402300800",
          "9223372036854775808", "-0.1", "99999999999999999999999"}) {
        for (const char* const name : {"until", "issued_before"}) {
            checks.equal(error_of(R"({"sub":"a",")" + std::string(name) + "\":" + time + '}'),
                         "has a member \"" + std::string(name) +
                             "\" that is not a time in whole seconds since 1970",
                         time);
        }
    }
    for (const char* const kind : {"jti", "sid", "kid"}) {
        checks.equal(error_of("{\"" + std::string(kind) + R"(":"a","issued_before":5})"),
                     "has \"issued_before\", which only \"sub\" and \"tenant\" may have",
                     "a thief chooses when a token was issued");
    }
}

void unknown_members_are_rejected(Checks& checks) {
    checks.equal(error_of(R"({"sub":"a","tenant-id":"acme"})"),
                 "has an unknown member \"tenant-id\"", "a typo");
    checks.equal(error_of(R"({"sub":"a","Until":5})"), "has an unknown member \"Until\"", "case");
    checks.equal(error_of(R"({"sub":"a","x\ny":5})"), "has an unknown member \"x\\x0Ay\"",
                 "fit for a log");
    checks.equal(error_of(R"({"sub":"a","sub":"b"})"), "is not an object", "a repeated member");
}

void texts_are_bounded(Checks& checks) {
    const auto with = [](const std::string& text) {
        return error_of(R"({"jti":")" + text + "\"}");
    };
    const std::string longest(max_revocation_text, 'a');
    checks.that(with(longest).starts_with("valid"), "the longest");
    constexpr std::string_view wrong =
        "has a member \"jti\" that is not a text of 1 to 1024 bytes without control characters";
    checks.equal(with(longest + "a"), wrong, "too long");
    checks.equal(with(""), wrong, "empty");
    checks.equal(with("a\\u000ab"), wrong, "a line break");
    checks.equal(with("a\\u007f"), wrong, "DEL");
    for (const char* const value : {"null", "5", "[\"a\"]", "{}", "true"}) {
        checks.equal(error_of(R"({"jti":)" + std::string(value) + "}"), wrong, value);
    }
    checks.that(error_of(R"({"jti":"a","tenant_id":""})").starts_with("has a member \"tenant_id\""),
                "an empty tenant");
    checks.that(error_of(R"({"jti":"a","iss":null})").starts_with("has a member \"iss\""),
                "no issuer must not mean every issuer");
}

void only_objects_are_entries(Checks& checks) {
    for (const char* const text : {"", "[]", "null", "\"jti\"", R"({"jti":"a"} x)", R"({"jti":"a")",
                                   R"([{"jti":"a"}])", "{\"jti\":\"\xff\"}"}) {
        checks.equal(error_of(text), "is not an object", text);
    }
    const std::string large = R"({"jti":"a")" + std::string(max_revocation_entry_bytes, ' ') + '}';
    checks.equal(error_of(large), "is not an object", "too large");
}

// The values of a file's entries, or its error.
std::string file(std::string_view text) {
    std::string values;
    const auto count = parse_revocation_file(
        text, [&](const RevocationEntry& entry) { values += entry.value + ','; });
    return count ? std::to_string(*count) + ':' + values : count.error();
}

void a_file_is_an_array(Checks& checks) {
    checks.equal(file("[]"), "0:", "nothing is revoked");
    checks.equal(file(" [ {\"jti\":\"a\"} , {\"kid\":\"b\"} ]\n"), "2:a,b,", "two");
    checks.equal(file("\xef\xbb\xbf[]"), "0:", "a byte order mark");
    for (const char* const text : {"", " ", "{}", "null", "[", R"([{"jti":"a"},])", "[] []",
                                   R"({"jti":"a"})", R"([{"jti":"a","jti":"b"}])"}) {
        checks.equal(file(text), "is not a JSON array of revocations", text);
    }
    checks.equal(file(R"([{"jti":"a"},{"sub":5}])"),
                 "entry 2 has a member \"sub\" that is not a text of 1 to 1024 bytes without "
                 "control characters",
                 "the entry is named");
    checks.equal(file("[[]]"), "entry 1 is not an object", "an array");
    checks.equal(file("[null]"), "entry 1 is not an object", "null");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<members_are_read>),
        cmocka_unit_test(run<each_kind_is_rendered_as_it_is_parsed>),
        cmocka_unit_test(run<a_value_names_one_thing>),
        cmocka_unit_test(run<times_are_whole_seconds>),
        cmocka_unit_test(run<unknown_members_are_rejected>),
        cmocka_unit_test(run<texts_are_bounded>),
        cmocka_unit_test(run<only_objects_are_entries>),
        cmocka_unit_test(run<a_file_is_an_array>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
