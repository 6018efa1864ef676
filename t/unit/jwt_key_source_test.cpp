#include "base/secret_source.hpp"
#include "check.hpp"
#include "folder.hpp"
#include "jwt/key_source.hpp"
#include "tokens.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

bool usable(const Result<Key>& key, const Kind& kind) {
    return key.has_value() && key->kid() == "k1" && key->algorithms() == names_of(kind) &&
           key->verify(kind.algorithm, bytes("input"), signer(kind).sign("input"));
}

void file_sources(Checks& checks) {
    for (const char* text : {"key.pem", "/etc/key", "a/env:X", "environment", "hexadecimal", "",
                             "Env:X", "base64:AAAA"}) {
        checks.that(is_file_source(text), text);
    }
    for (const char* text : {"env:X", "env:", "base64url:AAAA", "hex:00"}) {
        checks.that(!is_file_source(text), text);
    }
}

void keys_from_files_and_environment(Checks& checks) {
    const Folder folder;
    for (const Kind& each : all_kinds) {
        std::vector<std::string> texts{std::string(hmac_secret), std::string(hmac_secret) + "\n"};
        if (each.type) {
            texts = {public_pem(key_pair(*each.type)), certificate_pem(key_pair(*each.type))};
        }
        for (const std::string& text : texts) {
            checks.that(
                usable(key_from_source("k1", each.algorithm, folder.write("key", text)), each),
                each.name);
            ::setenv("UNIT_TEST_KEY", text.c_str(), 1);
            checks.that(usable(key_from_source("k1", each.algorithm, "env:UNIT_TEST_KEY"), each),
                        each.name);
        }
    }
    ::unsetenv("UNIT_TEST_KEY");
    const Kind& hs = kind("HS256");
    const std::string hex_digits =
        "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
    checks.that(key_from_source("k1", hs.algorithm, "hex:" + hex_digits).has_value(), "hex");
    checks.that(usable(key_from_source("k1", hs.algorithm, "base64url:" + encode(hmac_secret)), hs),
                "base64url");
}

// Text loses one line break at its end, binary secrets lose nothing.
void line_break_behind_a_secret(Checks& checks) {
    const Folder folder;
    const std::string base(40, 's');
    struct Row {
        std::string content;
        std::string secret;
    };
    const Row rows[] = {{base, base},
                        {base + "\n", base},
                        {base + "\n\n", base + "\n"},
                        {base + "\r\n", base},
                        {base + " \n", base + " "},
                        {"\n" + base, "\n" + base},
                        {"\x01" + base + "\n", "\x01" + base + "\n"},
                        {base + "\xff\n", base + "\xff\n"},
                        {base + std::string("\0\n", 2), base + std::string("\0\n", 2)}};
    for (const Row& row : rows) {
        const auto key = key_from_source("k1", Algorithm::hs256, folder.write("s", row.content));
        const Bytes mac = hmac_signer(row.secret, Algorithm::hs256).sign("input");
        checks.that(key.has_value() && key->verify(Algorithm::hs256, bytes("input"), mac),
                    row.content);
    }
    const std::string encoded = "base64url:" + encode(base + "\n");
    const auto exact = key_from_source("k1", Algorithm::hs256, encoded);
    const Bytes mac = hmac_signer(base + "\n", Algorithm::hs256).sign("input");
    checks.that(exact.has_value() && exact->verify(Algorithm::hs256, bytes("input"), mac),
                "encoded bytes lose nothing");
}

void sources_that_are_refused(Checks& checks) {
    const Folder folder;
    ::unsetenv("UNIT_TEST_KEY");
    ::setenv("UNIT_TEST_EMPTY", "", 1);
    const std::string pem = folder.write("rsa", public_pem(key_pair(KeyType::rsa)));
    const std::string secret = private_pem(key_pair(KeyType::rsa));
    struct Row {
        Algorithm algorithm;
        std::string source;
    };
    const Row rows[] = {
        {Algorithm::hs256, folder.file("absent")},
        {Algorithm::hs256, folder.file("")},
        {Algorithm::hs256, ""},
        {Algorithm::hs256, folder.write("empty", "")},
        {Algorithm::hs256, folder.write("break", "\n")},
        {Algorithm::hs256, "env:UNIT_TEST_KEY"},
        {Algorithm::hs256, "env:UNIT_TEST_EMPTY"},
        {Algorithm::hs256, "env:"},
        {Algorithm::hs256, "hex:"},
        {Algorithm::hs256, "hex:0"},
        {Algorithm::hs256, "hex:xy"},
        {Algorithm::hs256, "base64url:"},
        {Algorithm::hs256, "base64url:AAAA="},
        {Algorithm::hs256, "base64url:AA+/"},
        {Algorithm::hs256, "/dev/zero"},
        {Algorithm::hs256, folder.write("large", std::string(1 << 20, 'x'))},
        {Algorithm::rs256, "hex:00112233445566778899aabbccddeeff"},
        {Algorithm::rs256, "base64url:" + encode(public_pem(key_pair(KeyType::rsa)))},
        {Algorithm::es256, pem},
        {Algorithm::eddsa, pem},
        {Algorithm::rs256, folder.write("private", secret)},
        {Algorithm::rs256, folder.write("both", public_pem(key_pair(KeyType::rsa)) + secret)},
        {Algorithm::es256, folder.write("p384", public_pem(key_pair(KeyType::p384)))},
        {Algorithm::rs256, folder.write("text", "no key at all")},
        {Algorithm::rs256, folder.write("tiny", "-----BEGIN PUBLIC KEY-----\n")},
    };
    for (const Row& row : rows) {
        const auto key = key_from_source("k1", row.algorithm, row.source);
        checks.that(!key.has_value(), row.source);
        const std::string error = key.has_value() ? "none" : key.error();
        checks.that(!error.empty() && error.find("MII") == std::string::npos, row.source);
    }
    checks.equal(key_from_source("k1", Algorithm::hs256, folder.write("weak", "hunter2"))
                     ->strong_algorithms()
                     .bits(),
                 0, "a weak secret is marked");
}

// PEM text as an HMAC secret is a mistake of configuration, and the first step of a known attack.
void public_key_as_hmac_secret_is_refused(Checks& checks) {
    const Folder folder;
    for (const std::string& text :
         {public_pem(key_pair(KeyType::rsa)), certificate_pem(key_pair(KeyType::p256)),
          private_pem(key_pair(KeyType::rsa))}) {
        checks.that(!key_from_source("k1", Algorithm::hs256, folder.write("key", text)).has_value(),
                    text);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<file_sources>),
        cmocka_unit_test(run<keys_from_files_and_environment>),
        cmocka_unit_test(run<line_break_behind_a_secret>),
        cmocka_unit_test(run<sources_that_are_refused>),
        cmocka_unit_test(run<public_key_as_hmac_secret_is_refused>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
