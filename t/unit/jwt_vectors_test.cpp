#include <algorithm>

#include "check.hpp"
#include "tokens.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

// Published signatures. JWKs have their public members only: one with "d" is refused on purpose.
struct Vector {
    const char* source;
    const char* key; // members of a JWK
    const char* header;
    const char* payload;
    const char* signature;
    bool json; // the payload is a JSON object
};

constexpr const char* rsa_7515 =
    R"("kty":"RSA","e":"AQAB","n":")"
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4"
    "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re"
    "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX"
    "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"";

constexpr const char* rsa_7520 =
    R"("kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","e":"AQAB","n":")"
    "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmS"
    "CpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-Of"
    "VfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKw"
    "uCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw\"";

constexpr const char* joe = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLm"
                            "NvbS9pc19yb290Ijp0cnVlfQ";

constexpr const char* frodo =
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250"
    "byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hl"
    "cmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";

const Vector vectors[] = {
    {"RFC 7515 A.1 HS256",
     R"("kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1q)"
     R"(S0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")",
     "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", joe, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
     true},
    {"RFC 7515 A.2 RS256", rsa_7515, "eyJhbGciOiJSUzI1NiJ9", joe,
     "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
     "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
     "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
     "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
     true},
    {"RFC 7515 A.3 ES256",
     R"("kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
     R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")",
     "eyJhbGciOiJFUzI1NiJ9", joe,
     "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
     true},
    {"RFC 7515 A.4 ES512",
     R"("kty":"EC","crv":"P-521",)"
     R"("x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EO)"
     R"(nYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",)"
     R"("y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3)"
     R"(S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2")",
     "eyJhbGciOiJFUzUxMiJ9", "UGF5bG9hZA",
     "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8G"
     "aSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
     false},
    {"RFC 8037 A.4, A.5 Ed25519",
     R"("kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")",
     "eyJhbGciOiJFZERTQSJ9", "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
     "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
     false},
    {"RFC 7520 4.1 RS256", rsa_7520,
     "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9", frodo,
     "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xugl"
     "II7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x"
     "8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE"
     "_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg",
     false},
    {"RFC 7520 4.2 PS384", rsa_7520,
     "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9", frodo,
     "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TT"
     "B5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrY"
     "RXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtf"
     "a64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw",
     false},
    {"RFC 7520 4.3 ES512",
     R"("kty":"EC","kid":"bilbo.baggins@hobbiton.example","use":"sig","crv":"P-521",)"
     R"("x":"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx)"
     R"(6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",)"
     R"("y":"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5)"
     R"(OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1")",
     "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9", frodo,
     "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3"
     "mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2",
     false},
    {"RFC 7520 4.4 HS256",
     R"("kty":"oct","kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037","use":"sig","alg":"HS256",)"
     R"("k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg")",
     "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9", frodo,
     "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0", false},
};

std::string input_of(const Vector& vector) {
    return std::string(vector.header) + "." + vector.payload;
}

void published_signatures_verify(Checks& checks) {
    for (const Vector& vector : vectors) {
        const Keyset keys = keyset({vector.key});
        const std::string input = input_of(vector);
        const std::string token = input + "." + vector.signature;
        // A payload that is no JSON object is found out only behind a good signature.
        checks.equal(outcome(keys, token), vector.json ? "valid" : "token_malformed",
                     vector.source);

        const auto header = parse_header(vector.header);
        const auto signature = base64url_decode(vector.signature);
        checks.that(header.has_value() && signature.has_value() &&
                        keys.keys()[0].verify(header->algorithm, bytes(input), *signature),
                    vector.source);
    }
}

void published_signatures_altered_are_refused(Checks& checks) {
    for (const Vector& vector : vectors) {
        const Keyset keys = keyset({vector.key});
        std::string signature = vector.signature;
        signature[0] = signature[0] == 'A' ? 'B' : 'A';
        checks.equal(outcome(keys, input_of(vector) + "." + signature), "signature_invalid",
                     vector.source);
        const std::string other = std::string(vector.header) + ".e30." + vector.signature;
        checks.equal(outcome(keys, other), "signature_invalid", vector.source);
    }
}

void published_payload_with_line_breaks_is_fit_for_a_header(Checks& checks) {
    const Vector& a1 = vectors[0];
    const Keyset keys = keyset({a1.key});
    const auto token = verify_with(keys, input_of(a1) + "." + a1.signature);
    std::string payload;
    if (token.has_value()) {
        payload = std::string(token->payload_text());
        checks.equal(json::member(token->payload(), "exp")->integer(), 1300819380, "exp");
    }
    std::erase(payload, ' ');
    checks.equal(payload, R"({"iss":"joe","exp":1300819380,"http://example.com/is_root":true})",
                 "payload");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<published_signatures_verify>),
        cmocka_unit_test(run<published_signatures_altered_are_refused>),
        cmocka_unit_test(run<published_payload_with_line_breaks_is_fit_for_a_header>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
