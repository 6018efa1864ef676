#include "base/text.hpp"
#include "check.hpp"
#include "tokens.hpp"

// Which key is tried for which token, and what is said when none fits.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

const Kind& hs = kind("HS256");

std::string header_with_kid(std::string_view kid) {
    const json::Value header(json_object());
    json_object_set_new(header.get(), "alg", json_string("HS256"));
    json_object_set_new(header.get(), "kid", json_stringn(kid.data(), kid.size()));
    return json::compact(header.get());
}

std::string oct_key(std::string_view secret, std::string_view kid = "") {
    const std::string members = oct_members(secret);
    return kid.empty() ? members : R"("kid":")" + std::string(kid) + "\"," + members;
}

std::string numbered_secret(int number) {
    return std::string(40, 's') + std::to_string(number);
}

std::string signed_by(int number, std::string_view header) {
    return sign_text(hmac_signer(numbered_secret(number), Algorithm::hs256), header, "{}");
}

void hostile_kid_is_only_a_map_key(Checks& checks) {
    const Keyset keys = keyset_of(hs);
    const std::string kids[] = {"../../../../dev/null",
                                "/etc/passwd",
                                "k1' UNION SELECT 'secret' --",
                                "%s%s%n%x",
                                "${jndi:ldap://x}",
                                "$(id)",
                                "k1\r\nX-User: root",
                                "K1",
                                "k1 ",
                                " k1",
                                "k",
                                "k11",
                                "",
                                "\xd0\xba"
                                "1",
                                "\x7f\x01",
                                std::string(3000, 'k')};
    for (const std::string& kid : kids) {
        const std::string token = sign_text(signer(hs), header_with_kid(kid), "{}");
        const auto result = verify_with(keys, token);
        checks.that(!result.has_value(), kid);
        if (!result.has_value()) {
            checks.equal(describe(result.error().reason).name, "key_unknown", kid);
            checks.equal(result.error().kid, kid, "the kid for the log");
        }
        if (!kid.empty() && !has_control(kid)) {
            const Keyset own = keyset({oct_key(hmac_secret, kid)});
            checks.equal(outcome(own, token), "valid", "a key of just that kid");
        }
    }
}

void kid_with_nul_is_refused(Checks& checks) {
    const std::string token =
        sign_text(signer(hs), R"({"alg":"HS256","kid":"k1\u0000.pem"})", "{}");
    checks.equal(outcome(keyset_of(hs), token), "token_malformed", token);
}

void megabyte_kid_is_refused(Checks& checks) {
    const std::string token =
        sign_text(signer(hs), header_with_kid(std::string(1 << 20, 'k')), "{}");
    checks.equal(outcome(keyset_of(hs), token), "token_too_large", "kid");
}

void kid_that_is_no_string_is_refused(Checks& checks) {
    const Keyset sets[] = {keyset_of(hs), keyset({oct_members(hmac_secret)})};
    for (const Keyset& keys : sets) {
        for (const char* kid : {"1", "true", "[\"k1\"]", "{\"k1\":1}", "1.5"}) {
            const std::string header = R"({"alg":"HS256","kid":)" + std::string(kid) + "}";
            checks.that(!verify_with(keys, sign_text(signer(hs), header, "{}")).has_value(), kid);
        }
    }
}

void kid_and_keys(Checks& checks) {
    struct Row {
        const char* name;
        std::vector<std::string> keys;
        const char* kid; // of the token, or null
        const char* wanted;
    };
    const std::string mine = std::string(hmac_secret);
    const std::string other = numbered_secret(0);
    const std::string rsa = jwk_members(KeyType::rsa);
    const Row rows[] = {
        {"no keys", {}, "k1", "key_unknown"},
        {"no keys, no kid", {}, nullptr, "key_unknown"},
        {"kid of the key", {oct_key(mine, "k1")}, "k1", "valid"},
        {"kid of another key", {oct_key(mine, "k2")}, "k1", "key_unknown"},
        {"the key has no kid", {oct_key(mine)}, "k1", "key_unknown"},
        {"the token has no kid", {oct_key(mine, "k1")}, nullptr, "valid"},
        {"neither has a kid", {oct_key(mine)}, nullptr, "valid"},
        {"no kid, second key", {oct_key(other, "a"), oct_key(mine, "b")}, nullptr, "valid"},
        {"no kid, wrong key", {oct_key(other, "a")}, nullptr, "signature_invalid"},
        {"no kid, no key for HMAC", {R"("kid":"k1",)" + rsa}, nullptr, "key_unknown"},
        {"two keys of one kid", {oct_key(other, "k1"), oct_key(mine, "k1")}, "k1", "valid"},
        {"kid of the wrong key",
         {oct_key(other, "k1"), oct_key(mine, "k2")},
         "k1",
         "signature_invalid"},
        {"kid of a key of another algorithm", {R"("kid":"k1",)" + rsa}, "k1", "algorithm_mismatch"},
        {"kid of two types", {R"("kid":"k1",)" + rsa, oct_key(mine, "k1")}, "k1", "valid"},
        {"kid of a key bound to HS512",
         {R"("alg":"HS512",)" + oct_key(mine, "k1")},
         "k1",
         "algorithm_mismatch"},
    };
    for (const Row& row : rows) {
        const std::string header =
            row.kid != nullptr ? header_with_kid(row.kid) : R"({"alg":"HS256"})";
        checks.equal(outcome(keyset(row.keys), sign_text(signer(hs), header, "{}")), row.wanted,
                     row.name);
    }
}

void at_most_eight_keys_are_tried(Checks& checks) {
    std::vector<std::string> named;
    std::vector<std::string> nameless;
    for (int number = 1; number <= 10; ++number) {
        named.push_back(oct_key(numbered_secret(number), "k1"));
        nameless.push_back(oct_key(numbered_secret(number)));
    }
    const Keyset with_kid = keyset(named);
    const Keyset without_kid = keyset(nameless);
    const std::string header = R"({"alg":"HS256"})";
    for (int number = 1; number <= 10; ++number) {
        const char* wanted = number <= 8 ? "valid" : "signature_invalid";
        checks.equal(outcome(with_kid, signed_by(number, header_with_kid("k1"))), wanted, "kid");
        checks.equal(outcome(without_kid, signed_by(number, header)), wanted, "no kid");
    }
}

void key_sets_are_tried_in_their_order(Checks& checks) {
    std::vector<std::string> low;
    std::vector<std::string> high;
    for (int number = 1; number <= 5; ++number) {
        low.push_back(oct_key(numbered_secret(number), "k1"));
        high.push_back(oct_key(numbered_secret(number + 5), "k1"));
    }
    const Keyset first = keyset(low);
    const Keyset second = keyset(high);
    const Keyset empty = keyset({});
    const std::array<const Keyset*, 3> sets{&empty, &first, &second};
    for (int number = 1; number <= 10; ++number) {
        for (const std::string& header :
             {header_with_kid("k1"), std::string(R"({"alg":"HS256"})")}) {
            const auto result = verify(signed_by(number, header), sets, AlgorithmSet::all());
            checks.equal(result.has_value(), number <= 8, header);
        }
    }
    const std::span<const Keyset* const> none;
    const auto result = verify(signed_by(1, header_with_kid("k1")), none, AlgorithmSet::all());
    checks.that(!result.has_value() && result.error().reason == Reason::key_unknown, "no set");
}

void kid_known_in_one_of_several_sets(Checks& checks) {
    const Keyset rsa = keyset({R"("kid":"k1",)" + jwk_members(KeyType::rsa)});
    const Keyset other = keyset({oct_key(hmac_secret, "k2")});
    const std::array<const Keyset*, 2> sets{&rsa, &other};
    const std::string token = sign_text(signer(hs), header_with_kid("k1"), "{}");
    const auto result = verify(token, sets, AlgorithmSet::all());
    checks.that(!result.has_value() && result.error().reason == Reason::algorithm_mismatch, "k1");
}

void algorithm_that_is_not_allowed_is_refused(Checks& checks) {
    for (const Kind& each : all_kinds) {
        const Keyset keys = keyset_of(each);
        const std::string token = sign_text(signer(each), header_of(each), "{}");
        const auto others = AlgorithmSet::from_bits(AlgorithmSet::all().bits() &
                                                    ~AlgorithmSet(each.algorithm).bits());
        checks.equal(outcome(keys, token, each.algorithm), "valid", each.name);
        checks.equal(outcome(keys, token, others), "algorithm_not_allowed", each.name);
        checks.equal(outcome(keys, token, AlgorithmSet()), "algorithm_not_allowed", each.name);
    }
}

void refusal_names_the_kid(Checks& checks) {
    const Keyset keys = keyset_of(hs);
    const std::string good = sign_text(signer(hs), header_of(hs), "{}");
    const std::string tokens[] = {
        good.substr(0, good.size() - 3) + "AAA",
        sign_text(signer(hs), header_of(hs), "[]"),
        sign_text(signer(kind("RS256")), header_of(kind("RS256")), "{}"),
    };
    for (const std::string& token : tokens) {
        const auto result = verify_with(keys, token);
        checks.equal(result.has_value() ? "valid" : result.error().kid, "k1", token);
    }
    const auto nameless = verify_with(keys, "a.b.c");
    checks.equal(nameless.has_value() ? "valid" : nameless.error().kid, "", "no header");
}

void verified_token_outlives_its_text(Checks& checks) {
    std::string token = sign_text(signer(hs), header_of(hs), R"({"sub":"alice"})");
    const auto result = verify_with(keyset_of(hs), token);
    token.assign(token.size(), 'x');
    const bool valid = result.has_value();
    checks.equal(valid ? result->kid().value_or("none") : "", "k1", "kid");
    checks.equal(valid ? result->payload_text() : "", R"({"sub":"alice"})", "payload");
    checks.equal(outcome(keyset({oct_members(hmac_secret)}),
                         sign_text(signer(hs), R"({"alg":"HS256"})", "{}")),
                 "valid", "no kid");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<hostile_kid_is_only_a_map_key>),
        cmocka_unit_test(run<kid_with_nul_is_refused>),
        cmocka_unit_test(run<megabyte_kid_is_refused>),
        cmocka_unit_test(run<kid_that_is_no_string_is_refused>),
        cmocka_unit_test(run<kid_and_keys>),
        cmocka_unit_test(run<at_most_eight_keys_are_tried>),
        cmocka_unit_test(run<key_sets_are_tried_in_their_order>),
        cmocka_unit_test(run<kid_known_in_one_of_several_sets>),
        cmocka_unit_test(run<algorithm_that_is_not_allowed_is_refused>),
        cmocka_unit_test(run<refusal_names_the_kid>),
        cmocka_unit_test(run<verified_token_outlives_its_text>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
