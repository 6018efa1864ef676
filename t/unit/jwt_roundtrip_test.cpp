#include "check.hpp"
#include "tokens.hpp"

// For each algorithm: what we sign verifies, and nothing that differs from it does.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

std::string issued(const Kind& kind) {
    const auto payload = parse(R"({"sub":"alice","exp":4102444800})");
    return issue(signer(kind), payload.get());
}

void issued_tokens_verify(Checks& checks) {
    for (const Kind& kind : all_kinds) {
        const Keyset keys = keyset_of(kind);
        const auto token = verify_with(keys, issued(kind));
        checks.that(token.has_value(), kind.name);
        if (!token.has_value()) {
            continue;
        }
        checks.that(token->kid() == "k1", kind.name);
        checks.equal(json::compact(token->payload()), R"({"sub":"alice","exp":4102444800})",
                     kind.name);
        checks.equal(token->payload_text(), R"({"sub":"alice","exp":4102444800})", kind.name);
        const auto text = [&](const char* name) {
            return json::string(json::member(token->header(), name)).value_or("absent");
        };
        checks.equal(text("alg"), kind.name, "alg");
        checks.equal(text("kid"), "k1", "kid");
        checks.equal(text("typ"), "JWT", "typ");
    }
}

void issued_type_is_as_asked_for(Checks& checks) {
    const Kind& hs256 = kind("HS256");
    const auto payload = parse("{}");
    const auto token = verify_with(keyset_of(hs256), issue(signer(hs256), payload.get(), "at+jwt"));
    checks.that(token.has_value() && json::string(json::member(token->header(), "typ")) == "at+jwt",
                "typ");
}

// Every byte of a token is seven bits of ASCII, but an attacker is not bound to that.
void every_single_bit_flip_is_refused(Checks& checks) {
    for (const Kind& kind : all_kinds) {
        const Keyset keys = keyset_of(kind);
        const std::string token = issued(kind);
        std::string flipped = token;
        for (std::size_t at = 0; at < token.size(); ++at) {
            for (int bit = 0; bit < 8; ++bit) {
                flipped[at] = static_cast<char>(token[at] ^ (1 << bit));
                checks.that(!verify_with(keys, flipped).has_value(), flipped);
            }
            flipped[at] = token[at];
        }
        checks.equal(outcome(keys, flipped), "valid", kind.name);
    }
}

void every_truncation_is_refused(Checks& checks) {
    for (const Kind& kind : all_kinds) {
        const Keyset keys = keyset_of(kind);
        const std::string token = issued(kind);
        for (std::size_t size = 0; size < token.size(); ++size) {
            const std::string_view head(token.data(), size);
            checks.that(!verify_with(keys, head).has_value(), head);
            const std::string_view tail(token.data() + token.size() - size, size);
            checks.that(!verify_with(keys, tail).has_value(), tail);
        }
    }
}

void every_appended_character_is_refused(Checks& checks) {
    for (const Kind& kind : all_kinds) {
        const Keyset keys = keyset_of(kind);
        const std::string token = issued(kind);
        for (int byte = 0; byte < 256; ++byte) {
            const std::string longer = token + static_cast<char>(byte);
            checks.that(!verify_with(keys, longer).has_value(), longer);
            const std::string shifted = static_cast<char>(byte) + token;
            checks.that(!verify_with(keys, shifted).has_value(), shifted);
        }
    }
}

// A token of one algorithm, with the name of each other one in its header and signed by the key
// that does that, is not for this key.
void key_decides_the_algorithm(Checks& checks) {
    for (const Kind& ours : all_kinds) {
        const std::string bound =
            R"("kid":"k1","alg":")" + std::string(ours.name) + "\"," + members_of(ours);
        const Keyset keys = keyset({bound});
        for (const Kind& theirs : all_kinds) {
            const bool same = ours.type == theirs.type && names_of(ours).contains(theirs.algorithm);
            const std::string token = sign_text(signer(theirs), header_of(theirs), "{}");
            const char* wanted = same                                        ? "valid"
                                 : names_of(ours).contains(theirs.algorithm) ? "signature_invalid"
                                                                             : "algorithm_mismatch";
            checks.equal(outcome(keys, token), wanted, theirs.name);
        }
    }
}

// The same key, an algorithm of the same family: the digest in the signature differs.
void renamed_algorithm_is_refused(Checks& checks) {
    for (const Kind& signs : all_kinds) {
        for (const Kind& says : all_kinds) {
            if (signs.type != says.type || names_of(signs).contains(says.algorithm)) {
                continue;
            }
            const Keyset keys = keyset_of(signs);
            const std::string token = sign_text(signer(signs), header_of(says), "{}");
            checks.equal(outcome(keys, token), "signature_invalid", says.name);
        }
    }
}

void signature_of_another_key_is_refused(Checks& checks) {
    const Kind other{"RS256", Algorithm::rs256, KeyType::rsa_other};
    const std::string rsa = sign_text(signer(other), header_of(other), "{}");
    checks.equal(outcome(keyset_of(kind("RS256")), rsa), "signature_invalid", "RSA");
    const std::string hmac = sign_text(hmac_signer(std::string(64, 'x'), Algorithm::hs256),
                                       header_of(kind("HS256")), "{}");
    checks.equal(outcome(keyset_of(kind("HS256")), hmac), "signature_invalid", "HMAC");
}

void empty_signature_is_refused(Checks& checks) {
    for (const Kind& kind : all_kinds) {
        const std::string token = encode(header_of(kind)) + "." + encode("{}") + ".";
        checks.that(!verify_with(keyset_of(kind), token).has_value(), kind.name);
    }
}

void signing_key_wants_its_own_kind_of_key(Checks& checks) {
    const auto ec_as_rsa =
        SigningKey::from_private("k", Algorithm::rs256, share(key_pair(KeyType::p256)));
    checks.that(!ec_as_rsa.has_value(), "EC key for RS256");
    const auto wrong_curve =
        SigningKey::from_private("k", Algorithm::es256, share(key_pair(KeyType::p384)));
    checks.that(!wrong_curve.has_value(), "P-384 for ES256");
    const auto k256 =
        SigningKey::from_private("k", Algorithm::es256, share(key_pair(KeyType::k256)));
    checks.that(!k256.has_value(), "secp256k1 for ES256");
    const auto rsa_as_edwards =
        SigningKey::from_private("k", Algorithm::eddsa, share(key_pair(KeyType::rsa)));
    checks.that(!rsa_as_edwards.has_value(), "RSA for EdDSA");
    const auto rsa_as_hmac =
        SigningKey::from_private("k", Algorithm::hs256, share(key_pair(KeyType::rsa)));
    checks.that(!rsa_as_hmac.has_value(), "RSA key for HS256");
    const auto secret_as_rsa =
        SigningKey::from_secret("k", Algorithm::rs256, secret_of(hmac_secret));
    checks.that(!secret_as_rsa.has_value(), "secret for RS256");
    const auto named = SigningKey::from_secret("kid", Algorithm::hs384, secret_of(hmac_secret));
    checks.that(named.has_value() && named->kid() == "kid" &&
                    named->algorithm() == Algorithm::hs384,
                "kid and algorithm");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<issued_tokens_verify>),
        cmocka_unit_test(run<issued_type_is_as_asked_for>),
        cmocka_unit_test(run<every_single_bit_flip_is_refused>),
        cmocka_unit_test(run<every_truncation_is_refused>),
        cmocka_unit_test(run<every_appended_character_is_refused>),
        cmocka_unit_test(run<key_decides_the_algorithm>),
        cmocka_unit_test(run<renamed_algorithm_is_refused>),
        cmocka_unit_test(run<signature_of_another_key_is_refused>),
        cmocka_unit_test(run<empty_signature_is_refused>),
        cmocka_unit_test(run<signing_key_wants_its_own_kind_of_key>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
