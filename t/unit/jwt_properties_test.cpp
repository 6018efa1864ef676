#include <algorithm>

#include "base/text.hpp"
#include "check.hpp"
#include "jwt/claims.hpp"
#include "jwt/ecdsa_der.hpp"
#include "property.hpp"
#include "tokens.hpp"

#include <openssl/ecdsa.h>

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

constexpr std::int64_t now = 1'700'000'000;

std::string text_of(const std::string& alphabet) {
    return *rc::gen::container<std::string>(rc::gen::elementOf(alphabet));
}

const Keyset& our_keys() {
    static const Keyset keys = keyset_of(kind("HS256"));
    return keys;
}

const SigningKey& our_key() {
    static const SigningKey key = signer(kind("HS256"));
    return key;
}

void base64url_properties(Checks& checks) {
    property(checks, "what was encoded decodes to itself", [](const Bytes& buffer) {
        const auto decoded = base64url_decode(base64url_encode(buffer));
        RC_ASSERT(decoded.has_value());
        RC_ASSERT(*decoded == buffer);
    });
    property(checks, "what decodes has no other spelling", [] {
        const bool odd = *rc::gen::inRange(0, 4) == 0;
        const std::string text = text_of(odd ? "ABgwQ019-_+/= \n." : "AAAQgwB-_");
        Bytes out(base64url_decoded_size(text.size()));
        const auto decoded = base64url_decode(text);
        RC_ASSERT(decoded.has_value() == base64url_decode_into(text, out.data()));
        if (decoded.has_value()) {
            RC_ASSERT(*decoded == out);
            RC_ASSERT(base64url_encode(*decoded) == text);
        }
    });
    property(checks, "hexadecimal is read in both cases", [](const Bytes& buffer) {
        std::string text;
        for (const unsigned byte : buffer) {
            const bool upper = *rc::gen::arbitrary<bool>();
            const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
            text += {digits[byte >> 4], digits[byte & 15]};
        }
        const auto decoded = hex_decode(text);
        RC_ASSERT(decoded.has_value());
        RC_ASSERT(*decoded == buffer);
        RC_ASSERT(!hex_decode(text + "0").has_value());
    });
}

void text_properties(Checks& checks) {
    property(checks, "text for the log is printable and bounded", [](const Bytes& buffer) {
        const std::string safe = log_safe(text(buffer), 64);
        RC_ASSERT(safe.size() < std::size_t{64 * 4 + 16});
        RC_ASSERT(std::all_of(safe.begin(), safe.end(),
                              [](char c) { return c >= 0x20 && c < 0x7f && c != '"'; }));
    });
    property(checks, "pieces are not empty and hold no separator", [] {
        const std::string text = text_of("ab,,");
        std::string joined;
        for (const std::string_view piece : split(text, ',')) {
            RC_ASSERT(!piece.empty());
            joined += piece;
        }
        std::string without = text;
        std::erase(without, ',');
        RC_ASSERT(joined == without);
    });
}

// The sentences of RFC 7519 section 4.1 and of the configuration, as plainly as they can be said.
bool reference(const json_t* payload, const ClaimRules& rules) {
    const json_t* exp = json_object_get(payload, "exp");
    const json_t* nbf = json_object_get(payload, "nbf");
    const json_t* iss = json_object_get(payload, "iss");
    const json_t* aud = json_object_get(payload, "aud");
    const auto listed = [](const std::vector<std::string>& names, const json_t* name) {
        return json_is_string(name) &&
               std::find(names.begin(), names.end(), json_string_value(name)) != names.end();
    };
    bool heard = rules.audiences.empty() || listed(rules.audiences, aud);
    for (std::size_t at = 0; at < json_array_size(aud); ++at) {
        heard = heard || listed(rules.audiences, json_array_get(aud, at));
    }
    return heard && (rules.issuers.empty() || listed(rules.issuers, iss)) &&
           (exp != nullptr || !rules.require_exp) &&
           (exp == nullptr || !rules.validate_exp ||
            json_number_value(exp) + static_cast<double>(rules.leeway) > now) &&
           (nbf == nullptr || json_number_value(nbf) - static_cast<double>(rules.leeway) <= now);
}

json::Value random_payload() {
    json::Value payload(json_object());
    const auto name = [] { return *rc::gen::element<std::string>("a", "b", "ab", "A", "", "a b"); };
    for (const char* time : {"exp", "nbf"}) {
        if (*rc::gen::inRange(0, 4) != 0) {
            json_object_set_new(payload.get(), time, json_integer(now + *rc::gen::inRange(-8, 9)));
        }
    }
    if (*rc::gen::arbitrary<bool>()) {
        json_object_set_new(payload.get(), "iss", json_string(name().c_str()));
    }
    switch (*rc::gen::inRange(0, 3)) {
    case 0:
        json_object_set_new(payload.get(), "aud", json_string(name().c_str()));
        break;
    case 1: {
        json_t* names = json_array();
        for (int count = *rc::gen::inRange(0, 4); count > 0; --count) {
            json_array_append_new(names, json_string(name().c_str()));
        }
        json_object_set_new(payload.get(), "aud", names);
        break;
    }
    default:
        break;
    }
    return payload;
}

void claims_equal_the_reference(Checks& checks) {
    property(checks, "check_claims agrees with the reference", [] {
        const json::Value payload = random_payload();
        ClaimRules rules;
        const auto names = rc::gen::container<std::vector<std::string>>(
            *rc::gen::inRange(0, 3), rc::gen::element<std::string>("a", "b", "ab"));
        rules.issuers = *names;
        rules.audiences = *names;
        rules.leeway = *rc::gen::inRange(0, 6);
        rules.require_exp = *rc::gen::arbitrary<bool>();
        rules.validate_exp = *rc::gen::arbitrary<bool>();
        const auto token = verify_with(our_keys(), issue(our_key(), payload.get()));
        RC_ASSERT(token.has_value());
        const bool good = !check_claims(*token, rules, now).has_value();
        RC_ASSERT(good == reference(payload.get(), rules));
    });
}

void tokens_that_we_did_not_sign_never_verify(Checks& checks) {
    const std::string json = R"({}[]":,0123456789.eE-+truefalsn\u abkidlgHS256)";
    property(checks, "random text", [&] {
        const std::string token =
            text_of("abcABC019-_...") + "." + text_of("ey0-_=+") + "." + text_of("abcABC019-_");
        RC_ASSERT(!verify_with(our_keys(), token).has_value());
    });
    property(checks, "random bytes", [](const Bytes& buffer) {
        RC_ASSERT(!verify_with(our_keys(), text(buffer)).has_value());
    });
    property(checks, "random header and payload, signed by another", [&] {
        static const SigningKey other =
            hmac_signer("another secret, of more than 32 octets", Algorithm::hs256);
        const std::string payload = text_of(json);
        const std::string good = header_of(kind("HS256"));
        RC_ASSERT(!verify_with(our_keys(), sign_text(other, good, payload)).has_value());
        const std::string header = text_of(json);
        RC_ASSERT(!verify_with(our_keys(), sign_text(other, header, payload)).has_value());
    });
    property(checks, "random payload, signed by us, is valid when it is an object", [&] {
        const bool object = *rc::gen::arbitrary<bool>();
        const std::string inner = text_of(R"({}[]":,01.-eab )");
        const std::string payload = object ? "{" + inner + "}" : inner;
        const std::string token = sign_text(our_key(), header_of(kind("HS256")), payload);
        const bool is_object = json::parse_object(payload, {max_token_bytes, 32}) != nullptr;
        RC_ASSERT(verify_with(our_keys(), token).has_value() == is_object);
    });
}

void altered_tokens_never_verify(Checks& checks) {
    property(checks, "replace, insert, erase, swap", [] {
        static const std::string good =
            sign_text(our_key(), header_of(kind("HS256")), R"({"sub":"alice"})");
        std::string token = good;
        for (int edits = *rc::gen::inRange(1, 4); edits > 0; --edits) {
            const auto size = static_cast<int>(token.size());
            const auto at = static_cast<std::size_t>(*rc::gen::inRange(0, size));
            const auto other = static_cast<std::size_t>(*rc::gen::inRange(0, size));
            const char c = *rc::gen::elementOf(std::string("AZaz09-_.=+/ \n"));
            switch (*rc::gen::inRange(0, 4)) {
            case 0:
                token[at] = c;
                break;
            case 1:
                token.insert(token.begin() + static_cast<long>(at), c);
                break;
            case 2:
                token.erase(at, 1);
                break;
            default:
                std::swap(token[at], token[other]);
            }
        }
        RC_ASSERT(verify_with(our_keys(), token).has_value() == (token == good));
    });
}

void ecdsa_encodings_equal_those_of_openssl(Checks& checks) {
    property(checks, "R || S to DER and back", [] {
        const int field = *rc::gen::element(32, 48, 66);
        Bytes raw = *rc::gen::container<Bytes>(static_cast<std::size_t>(2 * field),
                                               rc::gen::arbitrary<std::uint8_t>());
        std::fill_n(raw.begin() + (*rc::gen::arbitrary<bool>() ? 0 : field),
                    *rc::gen::inRange(0, field + 1), std::uint8_t{0});
        ECDSA_SIG* pair = ECDSA_SIG_new();
        ECDSA_SIG_set0(pair, BN_bin2bn(raw.data(), field, nullptr),
                       BN_bin2bn(raw.data() + field, field, nullptr));
        unsigned char* made = nullptr;
        const int size = i2d_ECDSA_SIG(pair, &made);
        ECDSA_SIG_free(pair);
        const Bytes wanted(made, made + size);
        OPENSSL_free(made);
        EcdsaDer der;
        const BytesView encoded = der.encode(raw);
        RC_ASSERT(Bytes(encoded.begin(), encoded.end()) == wanted);
        RC_ASSERT(ecdsa_raw(wanted, static_cast<std::size_t>(field)) == raw);
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<base64url_properties>),
        cmocka_unit_test(run<text_properties>),
        cmocka_unit_test(run<claims_equal_the_reference>),
        cmocka_unit_test(run<tokens_that_we_did_not_sign_never_verify>),
        cmocka_unit_test(run<altered_tokens_never_verify>),
        cmocka_unit_test(run<ecdsa_encodings_equal_those_of_openssl>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
