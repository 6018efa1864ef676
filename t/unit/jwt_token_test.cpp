#include "base/text.hpp"
#include "check.hpp"
#include "tokens.hpp"

// The form of tokens: size, segments, base64url, JSON.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

const Kind& hs = kind("HS256");

// Signed segments that are not encoded again.
std::string sign_segments(std::string_view header, std::string_view payload) {
    const std::string input = std::string(header) + "." + std::string(payload);
    return input + "." + base64url_encode(signer(hs).sign(input));
}

void tokens_are_split_at_their_dots(Checks& checks) {
    const auto parts = split_token("aa.b.c");
    checks.that(parts && parts->header == "aa" && parts->payload == "b" &&
                    parts->signature == "c" && parts->signing_input == "aa.b",
                "aa.b.c");
    const auto unsigned_parts = split_token("a.b.");
    checks.that(unsigned_parts && unsigned_parts->signature.empty(), "a.b.");
    for (const char* text : {"", ".", "..", "...", "a", "a.", "a.b", ".a.b", "a..b", "..a",
                             "a.b.c.", "a.b.c.d", "a.b..c", ".a.b.c", "a.b.c.d.e"}) {
        checks.that(!split_token(text).has_value(), text);
        checks.equal(outcome(keyset_of(hs), text), "token_malformed", text);
    }
}

void millions_of_dots_are_refused(Checks& checks) {
    const Keyset keys = keyset_of(hs);
    const std::string dots(5'000'000, '.');
    checks.that(!split_token(dots).has_value(), "split");
    checks.equal(outcome(keys, dots), "token_too_large", "all dots");
    checks.equal(outcome(keys, std::string_view(dots).substr(0, max_token_bytes)),
                 "token_malformed", "dots up to the limit");
    checks.equal(outcome(keys, "a.b.c" + dots), "token_too_large", "dots behind");
}

void size_limit_is_exact(Checks& checks) {
    const Keyset keys = keyset_of(hs);
    // Payloads of these sizes make tokens of just the limit, and above.
    const std::size_t rest = sign_text(signer(hs), header_of(hs), "").size();
    std::size_t largest = 0;
    for (std::size_t payload = (max_token_bytes - rest) / 4 * 3 - 6; payload < max_token_bytes;
         ++payload) {
        const std::string text = "{}" + std::string(payload - 2, ' ');
        const std::string token = sign_text(signer(hs), header_of(hs), text);
        if (token.size() > max_token_bytes) {
            checks.equal(outcome(keys, token), "token_too_large", "above");
            break;
        }
        checks.equal(outcome(keys, token), "valid", "below");
        largest = token.size();
    }
    const std::string filler(max_token_bytes + 1, 'a');
    checks.equal(outcome(keys, filler), "token_too_large", "one above");
    checks.equal(outcome(keys, filler.substr(1)), "token_malformed", "just the limit");
    checks.that(largest + 4 > max_token_bytes && largest <= max_token_bytes, "near the limit");
}

void base64url_has_one_spelling(Checks& checks) {
    const Keyset keys = keyset_of(hs);
    const std::string header = encode(header_of(hs));
    checks.equal(outcome(keys, sign_segments(header, "e30")), "valid", "as it should be");
    const std::string other_headers[] = {header + "=",
                                         header + "==",
                                         " " + header,
                                         header + "\n",
                                         header + "+",
                                         header + "%3D",
                                         header.substr(0, 5) + "\r\n" + header.substr(5)};
    for (const std::string& other : other_headers) {
        checks.equal(outcome(keys, sign_segments(other, "e30")), "token_malformed", other);
    }
    // "{}" is e30; e31 to e33 differ from it in bits that count for nothing.
    for (const char* payload : {"e30=", "e30==", "e31", "e32", "e33", " e30", "e30 ", "e30\n",
                                "e\n30", "e3", "e", "e30A=", "%65%33%30"}) {
        checks.equal(outcome(keys, sign_segments(header, payload)), "token_malformed", payload);
    }
    // {"a":"?>?"} has - and _ in base64url.
    const std::string dashed = encode("{\"a\":\"??\xc3\xbf>>>~~~\"}");
    checks.that(dashed.find_first_of("-_") != std::string::npos, "the example");
    std::string slashed = dashed;
    for (char& c : slashed) {
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    checks.equal(outcome(keys, sign_segments(header, dashed)), "valid", dashed);
    checks.equal(outcome(keys, sign_segments(header, slashed)), "token_malformed", slashed);
}

void signature_has_one_spelling(Checks& checks) {
    const Keyset keys = keyset_of(hs);
    const std::string token = sign_text(signer(hs), header_of(hs), "{}");
    for (const char* more : {"=", "==", "\n", " ", "\t", "A", "AA", "AAA", "AAAA"}) {
        checks.that(!verify_with(keys, token + more).has_value(), more);
    }
    // Of the right length, but not base64url.
    for (const char c : {'+', '/', '=', ' ', '\n', '%', '\0', '\x80'}) {
        std::string other = token;
        other[other.size() - 5] = c;
        checks.equal(outcome(keys, other), "token_malformed", other);
    }
    // The last of 43 characters holds four bits.
    const std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int valid = 0;
    for (const char last : alphabet) {
        std::string other = token;
        other.back() = last;
        valid += verify_with(keys, other).has_value() ? 1 : 0;
    }
    checks.equal(valid, 1, "spellings");
}

struct BadJson {
    const char* name;
    std::string text;
};

std::vector<BadJson> bad_json(const std::string& members) {
    const std::string object = "{" + members + "}";
    const std::string start = "{" + members + ",";
    return {
        {"no JSON", "alg"},
        {"array", "[" + object + "]"},
        {"string", "\"x\""},
        {"number", "1"},
        {"null", "null"},
        {"text behind", object + "x"},
        {"NUL behind", object + std::string(1, '\0')},
        {"two objects", object + object},
        {"not closed", "{" + members},
        {"trailing comma", start + "}"},
        {"single quotes", start + "'a':1}"},
        {"comment", start + "/* */\"a\":1}"},
        {"byte order mark", "\xef\xbb\xbf" + object},
        {"UTF-16", std::string("\xff\xfe{\0}\0", 6)},
        {"duplicate member", start + R"("a":1,"a":1})"},
        {"duplicate member by escape", start + R"("a":1,"\u0061":2})"},
        {"duplicate deep down", start + R"("a":[{"b":{"c":1,"c":2}}]})"},
        {"lone high surrogate", start + R"("a":"\ud800"})"},
        {"lone low surrogate", start + R"("a":"\udc00"})"},
        {"reversed surrogates", start + R"("a":"\udc00\ud800"})"},
        {"surrogate in a name", start + R"("\ud800":1})"},
        {"NUL in a string", start + R"("a":"x\u0000y"})"},
        {"NUL in a name", start + R"("a\u0000b":1})"},
        {"raw control in a string", start + "\"a\":\"x\ny\"}"},
        {"invalid UTF-8", start + "\"a\":\"\xff\"}"},
        {"overlong UTF-8", start + "\"a\":\"\xc0\xaf\"}"},
        {"surrogate in UTF-8", start + "\"a\":\"\xed\xa0\x80\"}"},
        {"above U+10FFFF", start + "\"a\":\"\xf4\x90\x80\x80\"}"},
        {"cut UTF-8", start + "\"a\":\"\xe2\x82\"}"},
        {"NaN", start + R"("a":NaN})"},
        {"Infinity", start + R"("a":Infinity})"},
        {"leading zero", start + R"("a":01})"},
        {"plus", start + R"("a":+1})"},
        {"hexadecimal", start + R"("a":0x10})"},
        {"bad escape", start + R"("a":"\x41"})"},
        {"deep arrays", start + "\"a\":" + std::string(3000, '[') + std::string(3000, ']') + "}"},
        {"deep arrays that stay open", start + "\"a\":" + std::string(6000, '[')},
    };
}

void bad_header_json_is_refused(Checks& checks) {
    const Keyset keys = keyset_of(hs);
    for (const BadJson& bad : bad_json(R"("alg":"HS256","kid":"k1")")) {
        const std::string token = sign_text(signer(hs), bad.text, "{}");
        checks.equal(outcome(keys, token), "token_malformed", bad.name);
        const auto header = parse_header(encode(bad.text));
        checks.that(!header.has_value() && header.error().reason == Reason::token_malformed &&
                        header.error().kid.empty(),
                    bad.name);
    }
    for (const char* header : {R"({"alg":"HS256","alg":"HS256","kid":"k1"})",
                               R"({"alg":"HS256","alg":"none","kid":"k1"})",
                               R"({"alg":"none","alg":"HS256","kid":"k1"})",
                               R"({"alg":"HS256","kid":"k2","kid":"k1"})"}) {
        checks.equal(outcome(keys, sign_text(signer(hs), header, "{}")), "token_malformed", header);
    }
}

void a_number_of_any_size_does_not_matter(Checks& checks) {
    const Keyset keys = keyset_of(hs);
    for (const char* number :
         {"99999999999999999999", "-99999999999999999999", "1e400", "-1e400"}) {
        const std::string member = std::string(",\"a\":") + number;
        checks.equal(outcome(keys, sign_text(signer(hs), header_of(hs, member), "{}")), "valid",
                     number);
        checks.equal(
            outcome(keys, sign_text(signer(hs), header_of(hs), "{\"sub\":\"a\"" + member + "}")),
            "valid", number);
    }
}

void a_kid_of_null_is_none(Checks& checks) {
    const Keyset keys = keyset_of(hs);
    checks.equal(
        outcome(keys, sign_text(signer(hs), R"({"alg":"HS256","kid":null,"typ":null})", "{}")),
        "valid", "null");
    checks.equal(outcome(keys, sign_text(signer(hs), R"({"alg":"HS256","kid":5})", "{}")),
                 "token_malformed", "a number");
    checks.equal(outcome(keys, sign_text(signer(hs), R"({"alg":null})", "{}")),
                 "algorithm_unsupported", "alg");
}

void bad_payload_json_is_refused(Checks& checks) {
    const Keyset keys = keyset_of(hs);
    for (const BadJson& bad : bad_json(R"("sub":"alice")")) {
        const std::string good = sign_text(signer(hs), header_of(hs), bad.text);
        checks.equal(outcome(keys, good), "token_malformed", bad.name);
        // Nothing of the payload is looked at before the signature holds.
        const std::string forged =
            sign_text(hmac_signer("another secret, of more than 32 octets", hs.algorithm),
                      header_of(hs), bad.text);
        checks.equal(outcome(keys, forged), "signature_invalid", bad.name);
    }
    checks.equal(
        outcome(keys, sign_text(signer(hs), header_of(hs), R"({"exp":1,"exp":9999999999})")),
        "token_malformed", "exp twice");
}

void good_json_is_taken(Checks& checks) {
    const Keyset keys = keyset_of(hs);
    for (const char* payload : {"{}", " \t\r\n{ } \n", R"({"a":"\ud83d\ude00"})",
                                "{\"a\":\"\xf0\x9f\x98\x80\"}", R"({"a":{"a":{"a":[[[1]]]}}})",
                                R"({"":""})", R"({"a":1.5e3,"b":-0})", R"({"a":"\u001f\n"})"}) {
        checks.equal(outcome(keys, sign_text(signer(hs), header_of(hs), payload)), "valid",
                     payload);
    }
}

void payload_text_is_fit_for_a_header(Checks& checks) {
    const Keyset keys = keyset_of(hs);
    const auto token = verify_with(
        keys, sign_text(signer(hs), header_of(hs), "{\r\n\t\"a\" :\n[1,\t2] , \"b\":\"x\\ny\"}\n"));
    const std::string text(token.has_value() ? token->payload_text() : "");
    checks.equal(text, "{   \"a\" : [1, 2] , \"b\":\"x\\ny\"} ", "spaces for line breaks");
}

// DEL may stand in a JSON string as it is, but not in a header field (RFC 9110 section 5.5).
void payload_text_has_no_del(Checks& checks) {
    const auto token =
        verify_with(keyset_of(hs), sign_text(signer(hs), header_of(hs), "{\"a\":\"x\x7fy\"}"));
    const std::string text(token.has_value() ? token->payload_text() : "");
    checks.equal(text, R"({"a":"x\u007fy"})", "DEL");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<tokens_are_split_at_their_dots>),
        cmocka_unit_test(run<millions_of_dots_are_refused>),
        cmocka_unit_test(run<size_limit_is_exact>),
        cmocka_unit_test(run<base64url_has_one_spelling>),
        cmocka_unit_test(run<signature_has_one_spelling>),
        cmocka_unit_test(run<bad_header_json_is_refused>),
        cmocka_unit_test(run<a_number_of_any_size_does_not_matter>),
        cmocka_unit_test(run<a_kid_of_null_is_none>),
        cmocka_unit_test(run<bad_payload_json_is_refused>),
        cmocka_unit_test(run<good_json_is_taken>),
        cmocka_unit_test(run<payload_text_is_fit_for_a_header>),
        cmocka_unit_test(run<payload_text_has_no_del>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
