#include <algorithm>

#include "check.hpp"
#include "tokens.hpp"

// Public keys in the spellings that other software gives them: what counts are the bytes.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

using Changed = std::string (*)(std::string);

std::string padded(std::string text) {
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::string plain(std::string text) {
    for (char& c : text) {
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    return text;
}

std::string plain_padded(std::string text) {
    return padded(plain(std::move(text)));
}

std::string zero_added(std::string text) {
    Bytes bytes = *base64url_decode(text);
    bytes.insert(bytes.begin(), 0);
    return base64url_encode(bytes);
}

std::string two_zeros_added(std::string text) {
    return zero_added(zero_added(std::move(text)));
}

std::string first_byte_lost(std::string text) {
    Bytes bytes = *base64url_decode(text);
    bytes.erase(bytes.begin());
    return base64url_encode(bytes);
}

std::string padded_too_far(std::string text) {
    return padded(std::move(text)) + "====";
}

std::string padded_by_one_more(std::string text) {
    return padded(std::move(text)) + "=";
}

std::string with_a_space(std::string text) {
    return " " + std::move(text);
}

// `members` with the value of `name` changed.
std::string with(std::string members, const std::string& name, Changed change) {
    const std::string before = "\"" + name + "\":\"";
    const auto begin = members.find(before) + before.size();
    const auto end = members.find('"', begin);
    return members.replace(begin, end - begin, change(members.substr(begin, end - begin)));
}

void expect_key(Checks& checks, const std::string& jwk, bool usable) {
    const LoadedKeyset loaded = load(jwks({jwk}));
    checks.equal(static_cast<long long>(loaded.keys.size()), usable ? 1 : 0, jwk);
    checks.equal(static_cast<long long>(loaded.warnings.size()), usable ? 0 : 1, jwk);
}

void public_members_may_be_padded_or_plain_base64(Checks& checks) {
    for (const KeyType type : {KeyType::rsa, KeyType::p256, KeyType::p384, KeyType::p521,
                               KeyType::k256, KeyType::ed25519, KeyType::ed448}) {
        const std::string jwk = jwk_members(type);
        for (const char* name : {"n", "e", "x", "y"}) {
            if (jwk.find("\"" + std::string(name) + "\":") == std::string::npos) {
                continue;
            }
            for (const Changed change : {padded, plain, plain_padded}) {
                expect_key(checks, with(jwk, name, change), true);
            }
            for (const Changed change : {padded_too_far, padded_by_one_more, with_a_space}) {
                expect_key(checks, with(jwk, name, change), false);
            }
        }
    }
}

void a_key_in_another_spelling_verifies_tokens(Checks& checks) {
    for (const Kind& each : all_kinds) {
        if (describe(each.algorithm).family == Family::hmac) {
            continue;
        }
        const bool rsa = jwk_members(*each.type).find("\"n\":") != std::string::npos;
        const std::string jwk = with(jwk_members(*each.type), rsa ? "n" : "x", plain_padded);
        const std::string token = sign_text(signer(each), header_of(each), "{}");
        const Keyset keys = keyset({R"("kid":"k1",)" + jwk});
        checks.equal(outcome(keys, token), "valid", each.name);

        checks.that(outcome(keys, token + "=") != "valid", "a padded token");
    }
}

void secrets_are_spelt_strictly(Checks& checks) {
    const std::string oct = oct_members(std::string(32, '\xfb'));
    expect_key(checks, oct, true);
    for (const Changed change : {padded, plain, plain_padded}) {
        expect_key(checks, with(oct, "k", change), false);
    }
}

void numbers_of_an_rsa_key_may_begin_with_zero(Checks& checks) {
    for (const char* name : {"n", "e"}) {
        expect_key(checks, with(jwk_members(KeyType::rsa), name, zero_added), true);
    }
}

// Of the kind whose coordinate `name` begins with a zero byte.
std::string curve_jwk_with_zero(const char* group, const char* curve, int size, const char* name) {
    for (;;) {
        const Pkey key(EVP_EC_gen(group));
        if (base64url_decode(number(key.get(), name, size))->front() == 0) {
            return curve_jwk(key.get(), curve, size);
        }
    }
}

void a_coordinate_may_lack_or_add_one_zero(Checks& checks) {
    for (const char* name : {"x", "y"}) {
        const char* const number =
            *name == 'x' ? OSSL_PKEY_PARAM_EC_PUB_X : OSSL_PKEY_PARAM_EC_PUB_Y;
        for (const std::string& jwk : {curve_jwk_with_zero("P-256", "P-256", 32, number),
                                       curve_jwk_with_zero("P-521", "P-521", 66, number)}) {
            expect_key(checks, jwk, true);
            expect_key(checks, with(jwk, name, first_byte_lost), true);
            expect_key(checks, with(jwk, name, zero_added), true);
            expect_key(checks, with(jwk, name, two_zeros_added), false);
        }
        for (const KeyType type : {KeyType::p256, KeyType::p384, KeyType::k256}) {
            expect_key(checks, with(jwk_members(type), name, zero_added), true);
        }
    }
    expect_key(checks, with(jwk_members(KeyType::ed25519), "x", zero_added), false);
    expect_key(checks, with(jwk_members(KeyType::ed448), "x", first_byte_lost), false);
}

std::string base64_of_pem(const std::string& pem) {
    std::string text;
    for (std::size_t at = 0; at < pem.size();) {
        const auto end = std::min(pem.find('\n', at), pem.size());
        const std::string line = pem.substr(at, end - at);
        text += line.starts_with('-') ? "" : line;
        at = end + 1;
    }
    return text;
}

std::string x5c(const std::string& certificate) {
    return R"("x5c":[")" + certificate + "\"]";
}

std::string x5c_of(KeyType type) {
    return x5c(base64_of_pem(certificate_pem(key_pair(type))));
}

std::string x5c_of_long_certificate() {
    const std::string pem = certificate_pem(key_pair(KeyType::rsa));
    const Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const Certificate certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    X509_NAME* const name = X509_NAME_dup(X509_get_subject_name(certificate.get()));
    const std::string unit(60, 'u');
    for (int i = 0; i < 200; ++i) {
        X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(unit.c_str()), -1, -1, 0);
    }
    X509_set_subject_name(certificate.get(), name);
    X509_NAME_free(name);
    const Bio out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(out.get(), certificate.get());
    return x5c(base64_of_pem(drain(out.get())));
}

void a_certificate_alone_gives_its_key(Checks& checks) {
    for (const Kind& each : all_kinds) {
        if (describe(each.algorithm).family == Family::hmac) {
            continue;
        }
        const std::string jwk = R"("kid":"k1",)" + x5c_of(*each.type);
        const std::string members = jwk_members(*each.type);
        const std::string type = members.substr(0, members.find(",\"", members.find("\"crv\"")));
        const std::string named = type.find("RSA") != std::string::npos ? R"("kty":"RSA")" : type;
        const std::string alg = R"("alg":")" + std::string(each.name) + "\",";
        const std::string token = sign_text(signer(each), header_of(each), "{}");
        for (const std::string& text : {jwk, named + "," + jwk, alg + jwk}) {
            checks.equal(outcome(keyset({text}), token), "valid", text);
        }
    }
    expect_key(checks, x5c_of_long_certificate(), true);
    expect_key(checks, R"("kty":"EC",)" + x5c_of(KeyType::p384), true);
}

void a_certificate_that_disagrees_or_is_none_gives_no_key(Checks& checks) {
    const std::string rsa = x5c_of(KeyType::rsa);
    const std::string p256 = x5c_of(KeyType::p256);
    const std::string der = base64_of_pem(certificate_pem(key_pair(KeyType::p256)));
    for (const std::string& jwk : {
             R"("kty":"EC","crv":"P-256",)" + rsa,
             R"("kty":"RSA",)" + p256,
             R"("kty":"OKP",)" + p256,
             R"("kty":"EC","crv":"P-384",)" + p256,
             R"("crv":"P-384",)" + p256,
             R"("crv":"P-256",)" + rsa,
             R"("kty":"OKP","crv":"Ed448",)" + x5c_of(KeyType::ed25519),
             R"("alg":"ES256",)" + rsa,
             R"("d":"AAAA",)" + p256,
             R"("kty":"EC","crv":"P-256","d":"AAAA",)" + p256,
             R"("kty":"RSA","e":"AQAB",)" + rsa,
             R"("kty":"RSA","n":"",)" + rsa,
             R"("kty":"RSA",)" + x5c_of(KeyType::rsa_1024),
             std::string(R"("kty":"RSA","x5c":[])"),
             std::string(R"("kty":"RSA","x5c":[5])"),
             R"("x5c":")" + der + "\"",
             x5c(der.substr(0, der.size() / 2 / 4 * 4)),
             x5c(der + "AAAA"),
             x5c("AAAA"),
             x5c("not base64"),
         }) {
        expect_key(checks, jwk, false);
    }
}

void a_certificate_beside_the_key_is_ignored(Checks& checks) {
    expect_key(checks, jwk_members(KeyType::rsa) + "," + x5c_of(KeyType::rsa_other), true);
    expect_key(checks, jwk_members(KeyType::p256) + R"(,"x5c":["!"])", true);
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<public_members_may_be_padded_or_plain_base64>),
        cmocka_unit_test(run<a_key_in_another_spelling_verifies_tokens>),
        cmocka_unit_test(run<secrets_are_spelt_strictly>),
        cmocka_unit_test(run<numbers_of_an_rsa_key_may_begin_with_zero>),
        cmocka_unit_test(run<a_coordinate_may_lack_or_add_one_zero>),
        cmocka_unit_test(run<a_certificate_alone_gives_its_key>),
        cmocka_unit_test(run<a_certificate_that_disagrees_or_is_none_gives_no_key>),
        cmocka_unit_test(run<a_certificate_beside_the_key_is_ignored>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
