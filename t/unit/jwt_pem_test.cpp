#include "check.hpp"
#include "jwt/key.hpp"
#include "jwt/pem.hpp"
#include "tokens.hpp"

#include <unistd.h>

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

constexpr KeyType types[] = {KeyType::rsa,  KeyType::p256,    KeyType::p384, KeyType::p521,
                             KeyType::k256, KeyType::ed25519, KeyType::ed448};

std::string encrypted_pem(EVP_PKEY* key) {
    const Bio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PKCS8PrivateKey(bio.get(), key, EVP_aes_128_cbc(), "password", 8, nullptr,
                                  nullptr);
    return drain(bio.get());
}

std::string traditional_pem(EVP_PKEY* key) {
    const Bio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey_traditional(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return drain(bio.get());
}

void public_pem_is_read(Checks& checks) {
    for (const KeyType type : types) {
        EVP_PKEY* key = key_pair(type);
        for (const std::string& pem :
             {public_pem(key), certificate_pem(key), "# note\n" + public_pem(key),
              certificate_pem(key) + certificate_pem(key_pair(KeyType::rsa_other))}) {
            const auto read = public_key_from_pem(pem);
            checks.that(
                looks_like_pem(pem) && read.has_value() && EVP_PKEY_eq(read->get(), key) == 1, pem);
        }
    }
    for (const char* text : {"", "k", "0123456789abcdef0123456789abcdef", "{}", "---- BEGIN"}) {
        checks.that(!looks_like_pem(text), text);
    }
}

void public_pem_with_line_endings_of_any_kind(Checks& checks) {
    const std::string pem = public_pem(key_pair(KeyType::rsa));
    std::string crlf;
    for (const char c : pem) {
        crlf += c == '\n' ? "\r\n" : std::string(1, c);
    }
    checks.that(public_key_from_pem(crlf).has_value(), "CRLF");
    checks.that(public_key_from_pem(pem.substr(0, pem.size() - 1)).has_value(), "no last one");
}

void private_key_among_public_ones_is_refused(Checks& checks) {
    for (const KeyType type : types) {
        EVP_PKEY* key = key_pair(type);
        const std::string secret = private_pem(key);
        for (const std::string& pem : {secret, public_pem(key) + secret, secret + public_pem(key),
                                       certificate_pem(key) + secret, encrypted_pem(key),
                                       public_pem(key) + encrypted_pem(key)}) {
            const auto read = public_key_from_pem(pem);
            checks.that(!read.has_value() &&
                            read.error().find(secret.substr(40, 16)) == std::string::npos,
                        "private");
        }
    }
    for (const KeyType type : {KeyType::rsa, KeyType::p256}) {
        const std::string pem = traditional_pem(key_pair(type));
        checks.that(!public_key_from_pem(pem).has_value(), "traditional");
        checks.that(!public_key_from_pem(public_pem(key_pair(type)) + pem).has_value(), "behind");
    }
}

void broken_pem_is_refused(Checks& checks) {
    const std::string pem = public_pem(key_pair(KeyType::p256));
    std::string altered = pem;
    altered[40] = '!';
    std::string nul = pem;
    nul[40] = '\0';
    const std::string bad[] = {"",
                               "-----BEGIN PUBLIC KEY-----",
                               "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
                               "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
                               pem.substr(0, 60),
                               pem.substr(0, pem.size() - 10),
                               altered,
                               nul,
                               public_der(key_pair(KeyType::p256)),
                               "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                               "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"};
    for (const std::string& text : bad) {
        checks.that(!public_key_from_pem(text).has_value(), text);
        checks.that(!private_key_from_pem(text).has_value(), text);
    }
}

// CVE-2020-0601: a curve of the attacker's, whose generator is somebody's public key, makes the
// number one its private key.
Pkey key_of_own_curve(EVP_PKEY* victim) {
    Bytes point(65);
    std::size_t size = 0;
    EVP_PKEY_get_octet_string_param(victim, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(),
                                    &size);
    const ParamBuilder builder(OSSL_PARAM_BLD_new());
    std::vector<Bignum> numbers;
    for (const char* name : {OSSL_PKEY_PARAM_EC_P, OSSL_PKEY_PARAM_EC_A, OSSL_PKEY_PARAM_EC_B,
                             OSSL_PKEY_PARAM_EC_ORDER, OSSL_PKEY_PARAM_EC_COFACTOR}) {
        BIGNUM* value = nullptr;
        EVP_PKEY_get_bn_param(victim, name, &value);
        numbers.emplace_back(value);
        OSSL_PARAM_BLD_push_BN(builder.get(), name, value);
    }
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_EC_FIELD_TYPE, "prime-field", 0);
    for (const char* name : {OSSL_PKEY_PARAM_EC_GENERATOR, OSSL_PKEY_PARAM_PUB_KEY}) {
        OSSL_PARAM_BLD_push_octet_string(builder.get(), name, point.data(), point.size());
    }
    const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
    const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* made = nullptr;
    EVP_PKEY_fromdata_init(context.get());
    EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get());
    ERR_clear_error();
    return Pkey(made);
}

void curve_with_own_generator_is_refused(Checks& checks) {
    Pkey key = key_of_own_curve(key_pair(KeyType::p256));
    checks.that(key != nullptr, "the attacker's key");
    if (!key) {
        return;
    }
    const std::string pem = public_pem(key.get());
    checks.that(looks_like_pem(pem), pem);
    auto read = public_key_from_pem(pem);
    checks.that(!read.has_value() ||
                    !Key::from_public("k", AlgorithmSet::all(), std::move(*read)).has_value(),
                "as PEM");
    checks.that(!Key::from_public("k", AlgorithmSet::all(), std::move(key)).has_value(), "as key");
}

void point_at_infinity_is_refused(Checks& checks) {
    // A SubjectPublicKeyInfo for P-256 whose point is the one byte 00.
    const Bytes buffer = *hex_decode("3019301306072a8648ce3d020106082a8648ce3d03010703020000");
    const unsigned char* in = buffer.data();
    Pkey key(d2i_PUBKEY(nullptr, &in, static_cast<long>(buffer.size())));
    ERR_clear_error();
    checks.that(!key || !Key::from_public("k", AlgorithmSet::all(), std::move(key)).has_value(),
                "infinity");
}

// A key that asks for a password must not make the server wait for one.
void private_pem_for_signing(Checks& checks) {
    for (const KeyType type : types) {
        EVP_PKEY* key = key_pair(type);
        const auto read = private_key_from_pem(private_pem(key));
        checks.that(read.has_value() && EVP_PKEY_eq(read->get(), key) == 1, "PKCS 8");
        checks.that(!private_key_from_pem(public_pem(key)).has_value(), "public");
        checks.that(!private_key_from_pem(certificate_pem(key)).has_value(), "certificate");
        ::alarm(10);
        checks.that(!private_key_from_pem(encrypted_pem(key)).has_value(), "encrypted");
        ::alarm(0);
    }
    const auto traditional = private_key_from_pem(traditional_pem(key_pair(KeyType::rsa)));
    checks.that(traditional.has_value(), "traditional");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<public_pem_is_read>),
        cmocka_unit_test(run<public_pem_with_line_endings_of_any_kind>),
        cmocka_unit_test(run<private_key_among_public_ones_is_refused>),
        cmocka_unit_test(run<broken_pem_is_refused>),
        cmocka_unit_test(run<curve_with_own_generator_is_refused>),
        cmocka_unit_test(run<point_at_infinity_is_refused>),
        cmocka_unit_test(run<private_pem_for_signing>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
