#include "check.hpp"
#include "folder.hpp"
#include "jwt/key_source.hpp"
#include "tokens.hpp"

// A public key that is configured as an HMAC secret: everyone can sign with it.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

struct Form {
    std::string name;
    std::string text;
};

std::string padded_base64(std::string_view bytes_of, std::size_t line = 0) {
    std::string encoded = base64url_encode(bytes(bytes_of));
    encoded.resize((encoded.size() + 3) / 4 * 4, '=');
    std::string text;
    for (std::size_t i = 0; i < encoded.size(); ++i) {
        const char c = encoded[i];
        text += c == '-' ? '+' : c == '_' ? '/' : c;
        if (line != 0 && (i + 1) % line == 0) {
            text += '\n';
        }
    }
    return text;
}

std::string hex(std::string_view text, const char* separator = "") {
    std::string digits;
    for (const char c : text) {
        char pair[3];
        std::snprintf(pair, sizeof(pair), "%02x", static_cast<unsigned char>(c));
        digits += (digits.empty() ? "" : separator) + std::string(pair);
    }
    return digits;
}

std::string der_in(const std::string& pem) {
    BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    PEM_read_bio(bio, &name, &header, &data, &size);
    std::string der(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    BIO_free(bio);
    return der;
}

std::string pkcs1_der(EVP_PKEY* key) {
    unsigned char* data = nullptr;
    const int size = i2d_PublicKey(key, &data);
    std::string der(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    OPENSSL_free(data);
    return der;
}

std::string wire(std::string_view value) {
    const std::string size{0, 0, static_cast<char>(value.size() >> 8),
                           static_cast<char>(value.size())};
    return size + std::string(value);
}

std::string decoded(const std::string& base64url) {
    return std::string(text(*base64url_decode(base64url)));
}

std::string ssh_line(KeyType type) {
    EVP_PKEY* key = key_pair(type);
    std::string name = "ssh-rsa";
    std::string blob;
    if (type == KeyType::rsa) {
        blob = wire(name) + wire(decoded(number(key, OSSL_PKEY_PARAM_RSA_E))) +
               wire('\0' + decoded(number(key, OSSL_PKEY_PARAM_RSA_N)));
    } else if (type == KeyType::p256) {
        name = "ecdsa-sha2-nistp256";
        blob = wire(name) + wire("nistp256") + wire(public_der(key).substr(26));
    } else {
        name = "ssh-ed25519";
        blob = wire(name) + wire(public_der(key).substr(12));
    }
    return name + " " + padded_base64(blob) + " alice@example";
}

std::vector<Form> basic_forms() {
    std::vector<Form> forms;
    for (const KeyType type : {KeyType::rsa, KeyType::rsa_1024, KeyType::p256, KeyType::p384,
                               KeyType::p521, KeyType::k256, KeyType::ed25519, KeyType::ed448}) {
        EVP_PKEY* key = key_pair(type);
        const std::string of = " " + std::to_string(static_cast<int>(type));
        const std::string jwk = "{" + jwk_members(type) + "}";
        forms.push_back({"PEM" + of, public_pem(key)});
        forms.push_back({"certificate" + of, certificate_pem(key)});
        forms.push_back({"DER" + of, public_der(key)});
        forms.push_back({"DER certificate" + of, der_in(certificate_pem(key))});
        forms.push_back({"JWK" + of, jwk});
        forms.push_back({"JWK set" + of, "{ \"keys\" : [\n" + jwk + "\n] }"});
    }
    for (const KeyType type : {KeyType::rsa, KeyType::p256, KeyType::ed25519}) {
        forms.push_back({"OpenSSH", ssh_line(type)});
    }
    for (const KeyType type : {KeyType::p256, KeyType::p384, KeyType::p521, KeyType::k256}) {
        const std::string der = public_der(key_pair(type));
        const std::size_t size = type == KeyType::p384 ? 97 : type == KeyType::p521 ? 133 : 65;
        forms.push_back({"point", der.substr(der.size() - size)});
    }
    forms.push_back({"PKCS #1", pkcs1_der(key_pair(KeyType::rsa))});
    forms.push_back({"private PEM", private_pem(key_pair(KeyType::rsa))});
    return forms;
}

// How a file or a variable may hold a form.
std::string utf16(std::string_view text) {
    std::string wide("\xff\xfe");
    for (const char c : text) {
        wide += std::string{c, '\0'};
    }
    return wide;
}

// How a file or a variable may hold a form.
std::vector<Form> variants(const Form& form) {
    const std::string& of = form.text;
    const std::string lines = padded_base64(of, 64);
    std::vector<Form> all{
        {form.name, of},
        {form.name + ", base64", padded_base64(of)},
        {form.name + ", base64url", base64url_encode(bytes(of))},
        {form.name + ", base64 in lines", lines},
        {form.name + ", base64 twice", padded_base64(padded_base64(of, 64))},
        {form.name + ", base64 in UTF-16", utf16(lines)},
        {form.name + ", hexadecimal", hex(of)},
        {form.name + ", hexadecimal with colons", hex(of, ":")},
    };
    if (form.name != "point") {
        const std::vector<Form> more{
            {form.name + " behind a blank line", "\n" + of},
            {form.name + " behind \\r\\n", "\r\n \t\r\n" + of},
            {form.name + " behind a byte order mark", "\xef\xbb\xbf" + of},
            {form.name + " behind a comment", "# key of 2026\n" + of},
            {form.name + " before white space", of + "\n\n "},
            {form.name + ", base64 behind a comment", "# the key, of 2026\n\n" + lines},
            {form.name + ", base64 behind words", "My key\n" + lines + "\n"},
            {form.name + ", quoted base64", "p=\"" + padded_base64(of) + "\";"},
        };
        all.insert(all.end(), more.begin(), more.end());
    }
    if (form.name != "point" && of.find('\0') == std::string::npos) {
        all.push_back({form.name + " in UTF-16", utf16(of)});
    }
    return all;
}

void a_public_key_is_no_secret(Checks& checks) {
    for (const Form& basic : basic_forms()) {
        for (const Form& form : variants(basic)) {
            const auto key = Key::from_secret("k1", Algorithm::hs256, secret_of(form.text));
            checks.that(!key.has_value(), form.name);
        }
    }
}

void a_public_key_is_no_secret_from_any_source(Checks& checks) {
    const Folder folder;
    const std::string mark = "\xef\xbb\xbf";
    EVP_PKEY* key = key_pair(KeyType::rsa);
    for (const std::string& form :
         {mark + public_pem(key), "\n" + certificate_pem(key), public_der(key),
          ssh_line(KeyType::rsa), "\n{" + jwk_members(KeyType::rsa) + "}",
          padded_base64(public_der(key))}) {
        const auto refused = [&](const std::string& source) {
            const auto made = key_from_source("k1", Algorithm::hs256, source);
            checks.that(!made && made.error().find("public key") != std::string::npos, source);
            checks.that(!signing_key_from_source("k1", Algorithm::hs256, source).has_value(),
                        source);
        };
        refused(folder.write("secret", form));
        refused("hex:" + hex(form));
        refused("base64url:" + encode(form));
        if (form.find('\0') == std::string::npos) {
            ::setenv("UNIT_TEST_KEY", form.c_str(), 1);
            refused("env:UNIT_TEST_KEY");
        }
        const LoadedKeyset oct = load(jwks({R"("kid":"a",)" + oct_members(form)}));
        checks.equal(static_cast<long long>(oct.keys.size()), 0, "oct JWK");
        checks.equal(static_cast<long long>(oct.warnings.size()), 1, "oct JWK");
    }
    ::unsetenv("UNIT_TEST_KEY");
    for (const std::string& form :
         {ssh_line(KeyType::p256), padded_base64(public_der(key)), hex(public_der(key)),
          base64url_encode(bytes("\n" + public_pem(key)))}) {
        const std::string text = R"({"a":")" + form + "\"}";
        checks.equal(static_cast<long long>(load(text, KeysetFormat::keyval).keys.size()), 0,
                     "keyval");
    }
}

void secrets_that_look_alike_are_taken(Checks& checks) {
    std::vector<std::string> secrets{std::string(64, '0'),
                                     std::string(64, 'A'),
                                     std::string(64, '\0'),
                                     std::string(64, '\x30'),
                                     std::string(64, '\x04'),
                                     "ssh-rsa is not what this secret is, it is longer",
                                     std::string(65, '\x04'),
                                     "-- BEGIN of a secret that is long enough for HS256",
                                     std::string("0\x81\x20\x02\x81\x20", 6) +
                                         std::string(58, 'x')};
    std::uint32_t state = 1;
    for (int round = 0; round < 2000; ++round) {
        std::string secret;
        for (int i = 0; i < 32 + round % 100; ++i) {
            state = state * 1664525 + 1013904223;
            secret += static_cast<char>(state >> 24);
        }
        secrets.push_back(secret);
        secrets.push_back(padded_base64(secret));
        secrets.push_back(hex(secret));
    }
    for (const std::string& secret : secrets) {
        checks.that(Key::from_secret("k1", Algorithm::hs256, secret_of(secret)).has_value(),
                    hex(secret));
    }
}

void a_secret_is_of_64_kib_at_most(Checks& checks) {
    const auto key_of = [](std::size_t size) {
        return Key::from_secret("k1", Algorithm::hs256, secret_of(std::string(size, 's')));
    };
    checks.that(key_of(64 << 10).has_value(), "64 KiB");
    checks.that(!key_of((64 << 10) + 1).has_value(), "one byte more");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<a_public_key_is_no_secret>),
        cmocka_unit_test(run<a_public_key_is_no_secret_from_any_source>),
        cmocka_unit_test(run<secrets_that_look_alike_are_taken>),
        cmocka_unit_test(run<a_secret_is_of_64_kib_at_most>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
