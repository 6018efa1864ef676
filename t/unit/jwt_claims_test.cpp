#include "check.hpp"
#include "jwt/claims.hpp"
#include "tokens.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

constexpr std::int64_t now = 1'700'000'000;

// "valid", or the log name of the reason.
std::string judge(std::string_view payload, const ClaimRules& rules, std::int64_t at = now) {
    static const Keyset keys = keyset_of(kind("HS256"));
    static const SigningKey key = signer(kind("HS256"));
    const auto token = verify_with(keys, sign_text(key, header_of(kind("HS256")), payload));
    if (!token.has_value()) {
        return std::string(describe(token.error().reason).name);
    }
    const auto reason = check_claims(*token, rules, at);
    return std::string(reason ? describe(*reason).name : "valid");
}

std::string claim(const char* name, const std::string& value) {
    return std::string("{\"") + name + "\":" + value + "}";
}

void exp_and_nbf_count_to_the_second(Checks& checks) {
    struct Row {
        const char* claim;
        std::int64_t value; // against now
        std::int64_t leeway;
        const char* wanted;
    };
    const Row rows[] = {
        {"exp", 1, 0, "valid"},
        {"exp", 0, 0, "token_expired"}, // RFC 7519 section 4.1.4: on or after
        {"exp", -1, 0, "token_expired"},
        {"exp", -9, 10, "valid"},
        {"exp", -10, 10, "token_expired"},
        {"exp", -11, 10, "token_expired"},
        {"nbf", 0, 0, "valid"},
        {"nbf", -1, 0, "valid"},
        {"nbf", 1, 0, "token_not_yet_valid"},
        {"nbf", 10, 10, "valid"},
        {"nbf", 11, 10, "token_not_yet_valid"},
    };
    for (const Row& row : rows) {
        ClaimRules rules;
        rules.leeway = row.leeway;
        const std::string payload = claim(row.claim, std::to_string(now + row.value));
        checks.equal(judge(payload, rules), row.wanted,
                     payload + " leeway " + std::to_string(row.leeway));
    }
}

void exp_and_nbf_of_odd_shapes(Checks& checks) {
    for (const char* value : {"\"1800000000\"", "true", "false", "[1800000000]",
                              "{\"a\":1800000000}", "\"\"", "\"never\""}) {
        checks.equal(judge(claim("exp", value), {}), "claim_malformed", value);
        checks.equal(judge(claim("nbf", value), {}), "claim_malformed", value);
    }
    for (const char* value :
         {"1e400", "-1e400", "1e309", "9223372036854775808", "99999999999999999999999"}) {
        checks.equal(judge(claim("exp", value), {}), "claim_malformed", value);
        checks.equal(judge(claim("nbf", value), {}), "claim_malformed", value);
        checks.equal(judge(claim("iat", value), {}), "valid", value);
        checks.equal(judge(claim("x", "[{\"y\":" + std::string(value) + "}]"), {}), "valid", value);
    }
    for (const char* value : {"NaN", "0x7fffffff", "1."}) {
        checks.equal(judge(claim("exp", value), {}), "token_malformed", value);
        checks.equal(judge(claim("nbf", value), {}), "token_malformed", value);
    }
    struct Row {
        const char* value;
        const char* exp;
        const char* nbf;
    };
    const Row rows[] = {
        {"0", "token_expired", "valid"},
        {"1800000000.5", "valid", "token_not_yet_valid"},
        {"1600000000.5", "token_expired", "valid"},
        {"1.8e9", "valid", "token_not_yet_valid"},
        {"1700000001.0", "valid", "token_not_yet_valid"},
        {"9007199254740991", "valid", "token_not_yet_valid"}, // 2^53 - 1
    };
    for (const Row& row : rows) {
        checks.equal(judge(claim("exp", row.value), {}), row.exp, row.value);
        checks.equal(judge(claim("nbf", row.value), {}), row.nbf, row.value);
    }
}

// Times that no clock shows, and numbers that a double cannot tell apart.
void exp_beyond_all_clocks_is_refused(Checks& checks) {
    for (const char* value : {"-1", "-1700000000", "-1.5", "9007199254740993", "1e300", "1e19",
                              "9223372036854775807", "-9223372036854775808", "-1e300"}) {
        checks.that(judge(claim("exp", value), {}) != "valid", value);
        ClaimRules lenient;
        lenient.leeway = 3600;
        checks.that(judge(claim("exp", value), lenient) != "valid", value);
    }
    for (const char* value : {"9007199254740993", "1e300", "1e19", "9223372036854775807"}) {
        checks.that(judge(claim("nbf", value), {}) != "valid", value);
    }
}

void leeway_cannot_overflow(Checks& checks) {
    ClaimRules rules;
    rules.leeway = INT64_MAX;
    checks.equal(judge(claim("exp", "1"), rules), "valid", "exp");
    checks.equal(judge(claim("nbf", "9007199254740991"), rules), "valid", "nbf");
}

void expiry_is_demanded_on_request(Checks& checks) {
    ClaimRules rules;
    checks.equal(judge("{}", rules), "valid", "not asked for");
    rules.require_exp = true;
    checks.equal(judge("{}", rules), "expiry_missing", "asked for");
    checks.equal(judge(R"({"Exp":1800000000})", rules), "expiry_missing", "another name");
    checks.equal(judge(R"({"exp":1800000000})", rules), "valid", "there");
    checks.equal(judge(R"({"exp":1600000000})", rules), "token_expired", "expired");
    checks.that(judge(R"({"exp":null})", rules) != "valid", "null");
}

void issued_at_is_not_judged(Checks& checks) {
    for (const char* value : {"1900000000", "-1", "\"x\"", "[]", "null"}) {
        checks.equal(
            judge(claim("iss", "\"a\"").insert(1, "\"iat\":" + std::string(value) + ","), {}),
            "valid", value);
    }
}

void issuer_is_compared_whole(Checks& checks) {
    ClaimRules rules;
    rules.issuers = {"https://id.example", "other"};
    for (const char* value : {"\"https://id.example\"", "\"other\""}) {
        checks.equal(judge(claim("iss", value), rules), "valid", value);
    }
    for (const char* value :
         {"\"https://id.example/\"", "\"https://id.exampl\"", "\"https://ID.example\"",
          "\"https://id.example.evil\"", "\"xhttps://id.example\"", "\"\"", "\" other\"",
          "\"https://id.example,other\"", "\"https://id.example other\""}) {
        checks.equal(judge(claim("iss", value), rules), "issuer_mismatch", value);
    }
    checks.equal(judge("{}", rules), "issuer_mismatch", "absent");
    for (const char* value : {"[\"other\"]", "{\"other\":1}", "1", "true"}) {
        checks.equal(judge(claim("iss", value), rules), "claim_malformed", value);
    }
    checks.equal(judge("{}", {}), "valid", "any");
    checks.equal(judge(R"({"iss":"whoever"})", {}), "valid", "any");
}

// Serialisers of null members mean that there is none; only an end cannot be absent by accident.
void null_is_absent_but_for_exp(Checks& checks) {
    for (const char* name : {"nbf", "iss", "aud", "iat"}) {
        checks.equal(judge(claim(name, "null"), {}), "valid", name);
    }
    checks.equal(judge(claim("exp", "null"), {}), "claim_malformed", "exp");
    ClaimRules rules;
    rules.issuers = {"i"};
    checks.equal(judge(claim("iss", "null"), rules), "issuer_mismatch",
                 "iss where one is demanded");
    rules = {};
    rules.audiences = {"a"};
    checks.equal(judge(claim("aud", "null"), rules), "audience_mismatch",
                 "aud where one is demanded");
    checks.equal(judge(claim("aud", "[null]"), {}), "claim_malformed", "null in a list");
}

void audience_is_compared_whole(Checks& checks) {
    ClaimRules rules;
    rules.audiences = {"orders", "stock"};
    for (const char* value : {"\"orders\"", "\"stock\"", "[\"orders\"]", "[\"x\",\"stock\"]",
                              "[\"orders\",\"orders\"]"}) {
        checks.equal(judge(claim("aud", value), rules), "valid", value);
    }
    for (const char* value :
         {"\"order\"", "\"orders \"", "\"orders stock\"", "\"orders,stock\"", "\"Orders\"", "\"\"",
          "[]", "[\"\"]", "[\"order\",\"s\"]", "[\"xorders\",\"ordersx\"]"}) {
        checks.equal(judge(claim("aud", value), rules), "audience_mismatch", value);
    }
    checks.equal(judge("{}", rules), "audience_mismatch", "absent");
    for (const char* value : {"{\"orders\":true}", "1", "true", "[\"orders\",1]", "[[\"orders\"]]",
                              "[null,\"orders\"]", "[{\"orders\":1}]"}) {
        checks.equal(judge(claim("aud", value), rules), "claim_malformed", value);
    }
    checks.equal(judge(R"({"aud":"elsewhere"})", {}), "valid", "any");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<exp_and_nbf_count_to_the_second>),
        cmocka_unit_test(run<exp_and_nbf_of_odd_shapes>),
        cmocka_unit_test(run<exp_beyond_all_clocks_is_refused>),
        cmocka_unit_test(run<leeway_cannot_overflow>),
        cmocka_unit_test(run<expiry_is_demanded_on_request>),
        cmocka_unit_test(run<issued_at_is_not_judged>),
        cmocka_unit_test(run<issuer_is_compared_whole>),
        cmocka_unit_test(run<audience_is_compared_whole>),
        cmocka_unit_test(run<null_is_absent_but_for_exp>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
