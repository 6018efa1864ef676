#include "jwt/dpop_proof.hpp"

#include "check.hpp"
#include "jwt/dpop_uri.hpp"
#include "tokens.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::jwt;
using namespace sallyport::test;

constexpr std::int64_t now = 1'700'000'000;
constexpr std::int64_t window = 60;
constexpr std::string_view token = "an.access.token";

DpopRequest request_of(std::string_view uri = "https://api.example/orders") {
    return {"GET", uri, sha256(bytes(token))};
}

// A proof by the key of a kind. An empty text leaves a member out; others are JSON.
struct Proof {
    std::string_view by = "ES256";
    std::string typ = R"("dpop+jwt")";
    std::string alg{};
    std::string jwk{};
    std::string more_header{};
    std::string jti = R"("a")";
    std::string htm = R"("GET")";
    std::string htu = R"("https://api.example/orders")";
    std::string iat = std::to_string(now);
    std::string ath = '"' + base64url_encode(sha256(bytes(token))) + '"';
    std::string more{};

    [[nodiscard]] std::string text() const {
        const Kind& signing = kind(by);
        const auto member = [](std::string& object, const char* name, const std::string& value) {
            if (!value.empty()) {
                object += (object == "{" ? "\"" : ",\"") + std::string(name) + "\":" + value;
            }
        };
        std::string header = "{";
        member(header, "typ", typ);
        member(header, "alg", alg.empty() ? '"' + std::string(by) + '"' : alg);
        member(header, "jwk", jwk.empty() ? "{" + members_of(signing) + "}" : jwk);
        std::string claims = "{";
        member(claims, "jti", jti);
        member(claims, "htm", htm);
        member(claims, "htu", htu);
        member(claims, "iat", iat);
        member(claims, "ath", ath);
        return sign_text(signer(signing), header + more_header + "}", claims + more + "}");
    }
};

AlgorithmSet asymmetric() {
    return AlgorithmSet::of(Family::rsa) | AlgorithmSet::of(Family::rsa_pss) |
           AlgorithmSet::of(Family::ecdsa) | AlgorithmSet::of(Family::eddsa);
}

std::string judge(std::string_view proof, const DpopRequest& request = request_of(),
                  const Digest* holder = nullptr, AlgorithmSet allowed = asymmetric()) {
    ProofKeys keys;
    const auto verified = DpopProof::verify(proof, allowed, holder, keys);
    const auto fault = verified.has_value() ? verified->check(request, window, now)
                                            : std::optional(verified.error());
    return fault ? std::string(describe(*fault)) : "valid";
}

void refused(Checks& checks, DpopFault fault, const Proof& proof, std::string_view what,
             int line = __builtin_LINE()) {
    checks.equal(judge(proof.text()), describe(fault), what, line);
}

void accepted(Checks& checks, const Proof& proof, std::string_view what,
              int line = __builtin_LINE()) {
    checks.equal(judge(proof.text()), "valid", what, line);
}

// The example of RFC 9449 sections 4.1 and 4.2, and that of section 7.1. The thumbprint of their
// key is in section 6.1.
constexpr std::string_view rfc_header =
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNo"
    "UklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERW"
    "clUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19";
const std::string rfc_4_1 =
    std::string(rfc_header) +
    ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGU"
    "uY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbd"
    "LXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
const std::string rfc_7_1 =
    std::string(rfc_header) +
    ".eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGx"
    "lLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0J"
    "iMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqy"
    "Vnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
constexpr std::string_view rfc_token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

void published_proofs(Checks& checks) {
    ProofKeys keys;
    const auto of_token_request = DpopProof::verify(rfc_4_1, Algorithm::es256, nullptr, keys);
    checks.that(of_token_request.has_value(), "RFC 9449 section 4.1");
    if (of_token_request.has_value()) {
        checks.equal(of_token_request->id(), "-BwC3ESc6acc2lTc", "its jti");
        checks.equal(base64url_encode(of_token_request->key()),
                     "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", "its jkt, section 6.1");
    }
    const auto proof = DpopProof::verify(rfc_7_1, Algorithm::es256, nullptr, keys);
    checks.that(proof.has_value(), "RFC 9449 section 7.1");
    if (proof.has_value()) {
        const DpopRequest request{"GET", "https://resource.example.org/protectedresource",
                                  sha256(bytes(rfc_token))};
        checks.that(!proof->check(request, 0, 1562262618), "it is for its request");
        checks.that(proof->check(request, 0, 1562262619) == DpopFault::time, "at its time");
    }
}

void a_request_for_tokens(Checks& checks) {
    const DpopRequest request{"GET", "https://api.example/orders", std::nullopt};
    checks.equal(judge(Proof().text(), request), "valid", "ath does not matter");
    checks.equal(judge(Proof{.ath = ""}.text(), request), "valid", "and is not needed");
    checks.equal(judge(Proof{.htm = R"("POST")"}.text(), request), describe(DpopFault::method),
                 "htm does");
}

void keys_of_holders_alone_are_kept(Checks& checks) {
    ProofKeys keys;
    const auto anyone = DpopProof::verify(Proof().text(), asymmetric(), nullptr, keys);
    checks.that(anyone && keys.find(anyone->key()) == nullptr, "of anyone");
    const auto holder = DpopProof::verify(Proof().text(), asymmetric(), &anyone->key(), keys);
    checks.that(holder && keys.find(holder->key()) != nullptr, "of a holder");
}

void every_algorithm(Checks& checks) {
    for (const Kind& each : all_kinds) {
        if (each.type) {
            Proof proof{.by = each.name};
            proof.jwk = "{" + members_of(each) + "}";
            const std::string text =
                sign_text(signer(each),
                          R"({"typ":"dpop+jwt","alg":")" + std::string(each.name) + R"(","jwk":)" +
                              proof.jwk + "}",
                          R"({"jti":"a","htm":"GET","htu":"https://api.example/orders","iat":)" +
                              proof.iat + R"(,"ath":)" + proof.ath + "}");
            checks.equal(judge(text), "valid", each.name);
            checks.equal(judge(text, request_of(), nullptr, AlgorithmSet(Algorithm::hs256)),
                         describe(DpopFault::algorithm), each.name);
        }
    }
}

// --- the checks of RFC 9449 section 4.3; the first one is about the fields of a request ---

void check_2_it_is_a_well_formed_jwt(Checks& checks) {
    const std::string good = Proof().text();
    for (const std::string& text :
         {std::string(), std::string("."), std::string(".."), std::string("a.b.c"), good + ".",
          good.substr(0, good.rfind('.')), "=" + good, good + " ", " " + good}) {
        checks.that(judge(text) != "valid", text);
    }
    checks.equal(judge("e30.e30"), describe(DpopFault::not_a_jwt), "two segments");
    checks.equal(judge(encode("[]") + ".e30.e30"), describe(DpopFault::not_a_jwt), "an array");
    checks.equal(judge(sign_text(signer(kind("ES256")),
                                 R"({"typ":"dpop+jwt","alg":"ES256","jwk":{)" +
                                     jwk_members(KeyType::p256) + "}}",
                                 "[]")),
                 describe(DpopFault::claims), "claims that are an array");
    refused(checks, DpopFault::not_a_jwt, {.more_header = R"(,"crit":["x"])"}, "crit");
    refused(checks, DpopFault::not_a_jwt, {.more_header = R"(,"typ":"dpop+jwt")"}, "typ twice");
    refused(checks, DpopFault::too_large, {.more = R"(,"x":")" + std::string(8192, 'x') + '"'},
            "8 KiB");
}

void check_3_it_has_all_claims(Checks& checks) {
    accepted(checks, {}, "all");
    refused(checks, DpopFault::claims, {.jti = ""}, "jti");
    refused(checks, DpopFault::claims, {.htm = ""}, "htm");
    refused(checks, DpopFault::claims, {.htu = ""}, "htu");
    refused(checks, DpopFault::claims, {.iat = ""}, "iat");
    refused(checks, DpopFault::token, {.ath = ""}, "ath");
    refused(checks, DpopFault::claims, {.jti = R"("")"}, "an empty jti");
    refused(checks, DpopFault::claims, {.jti = "1"}, "a jti that is a number");
    refused(checks, DpopFault::claims, {.jti = "null"}, "a jti that is null");
    refused(checks, DpopFault::claims, {.htm = "null"}, "an htm that is null");
    refused(checks, DpopFault::claims, {.htu = "[]"}, "an htu that is an array");
    refused(checks, DpopFault::claims, {.iat = R"("1700000000")"}, "an iat that is a string");
    refused(checks, DpopFault::claims, {.more = R"(,"jti":"b")"}, "jti twice");
    refused(checks, DpopFault::claims, {.more = R"(,"nonce":1)"}, "a nonce that is a number");
    accepted(checks, {.jti = '"' + std::string(256, 'x') + '"'}, "the longest jti");
    refused(checks, DpopFault::claims, {.jti = '"' + std::string(257, 'x') + '"'},
            "an oversized jti");
}

void check_4_typ_is_dpop_jwt(Checks& checks) {
    for (const char* typ : {"", R"("JWT")", R"("at+jwt")", R"("DPoP+JWT")", R"("dpop+jwt ")",
                            R"("application/dpop+jwt")", "null", R"(["dpop+jwt"])"}) {
        refused(checks, DpopFault::type, {.typ = typ}, typ);
    }
}

void check_5_alg_is_asymmetric_and_allowed(Checks& checks) {
    const std::string oct = "{" + oct_members(hmac_secret) + "}";
    for (const char* alg : {"HS256", "HS384", "HS512"}) {
        const std::string text = Proof{.by = alg, .jwk = oct}.text();
        checks.equal(judge(text, request_of(), nullptr, AlgorithmSet::all()),
                     describe(DpopFault::algorithm), alg);
    }
    const Proof es256;
    checks.equal(judge(es256.text(), request_of(), nullptr, Algorithm::es384),
                 describe(DpopFault::algorithm), "not allowed");
    for (const char* alg : {R"("none")", R"("None")", R"("es256")", R"("XX")", "null", "1"}) {
        refused(checks, DpopFault::algorithm, {.alg = alg}, alg);
    }
    refused(checks, DpopFault::key, {.alg = R"("ES384")"}, "of another curve");
    refused(checks, DpopFault::key, {.alg = R"("RS256")"}, "of another type");
}

void check_6_the_signature_is_by_jwk(Checks& checks) {
    const std::string p384 = "{" + jwk_members(KeyType::p384) + "}";
    const jwt::Pkey other(EVP_EC_gen("P-256"));
    refused(checks, DpopFault::signature, {.jwk = "{" + curve_jwk(other.get(), "P-256", 32) + "}"},
            "another key");
    refused(checks, DpopFault::key, {.jwk = p384}, "a key of another curve");
    for (const char* jwk :
         {"null", "[]", "{}", R"("x")", R"({"kty":"EC"})", R"({"kty":1})",
          R"({"kty":"oct","x":"AA"})", R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})"}) {
        refused(checks, DpopFault::key, {.jwk = jwk}, jwk);
    }
    const std::string good = Proof().text();
    const std::string unsigned_part = good.substr(0, good.rfind('.') + 1);
    checks.equal(judge(unsigned_part), describe(DpopFault::signature), "no signature");
    checks.equal(judge(unsigned_part + std::string(86, 'A')), describe(DpopFault::signature),
                 "r and s are zero (CVE-2022-21449)");
    const std::string rsa_1024 =
        R"({"typ":"dpop+jwt","alg":"RS256","jwk":{)" + jwk_members(KeyType::rsa_1024) + "}}";
    checks.equal(judge(encode(rsa_1024) + ".e30." + std::string(171, 'A')),
                 describe(DpopFault::key), "a weak key");
}

void check_6_a_large_rsa_key(Checks& checks) {
    const auto with_modulus = [](std::size_t bytes) {
        Bytes modulus(bytes, 0xff);
        const std::string jwk =
            R"({"kty":"RSA","e":"AQAB","n":")" + base64url_encode(modulus) + R"("})";
        const std::string header = R"({"typ":"dpop+jwt","alg":"RS256","jwk":)" + jwk + "}";
        return judge(encode(header) + ".e30." + base64url_encode(modulus));
    };
    checks.equal(with_modulus(512), describe(DpopFault::signature), "4096 bits");
    checks.equal(with_modulus(513), describe(DpopFault::key), "4104 bits");
    checks.equal(with_modulus(1024), describe(DpopFault::key), "8192 bits");
}

void check_7_jwk_has_no_private_member(Checks& checks) {
    for (const KeyType type : {KeyType::p256, KeyType::rsa, KeyType::ed25519}) {
        const std::string alg = type == KeyType::p256  ? "ES256"
                                : type == KeyType::rsa ? "RS256"
                                                       : "EdDSA";
        refused(checks, DpopFault::private_key,
                {.by = alg, .jwk = "{" + jwk_members(type) + "," + private_member(type) + "}"},
                alg);
    }
    for (const char* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
        for (const char* value : {R"("AA")", "null", "[]"}) {
            refused(checks, DpopFault::private_key,
                    {.jwk = "{" + jwk_members(KeyType::p256) + ",\"" + name + "\":" + value + "}"},
                    name);
        }
    }
    accepted(checks, {.jwk = "{" + jwk_members(KeyType::p256) + R"(,"kid":"a","use":"sig"})"},
             "public members");
}

void check_8_htm_is_the_method(Checks& checks) {
    for (const char* method : {"POST", "get", "Get", "GET ", "", "GETT", "GE"}) {
        refused(checks, DpopFault::method, {.htm = '"' + std::string(method) + '"'}, method);
    }
}

void check_9_htu_is_the_uri(Checks& checks) {
    for (const char* uri :
         {"https://api.example/orders?page=2#top", "HTTPS://API.example:443/x/../orders",
          "https://api.example/%6frders"}) {
        accepted(checks, {.htu = '"' + std::string(uri) + '"'}, uri);
    }
    for (const char* uri :
         {"https://api.example/orders/", "https://api.example/Orders", "https://api.example/",
          "http://api.example/orders", "https://api.example:8443/orders",
          "https://api.example.evil/orders", "https://api.example/orders%2f", "", "/orders",
          "https://user@api.example/orders"}) {
        refused(checks, DpopFault::uri, {.htu = '"' + std::string(uri) + '"'}, uri);
    }
    checks.equal(judge(Proof{.htu = R"("")"}.text(), request_of("")), describe(DpopFault::uri),
                 "a request without a URI");
}

void check_10_nonce_is_read(Checks& checks) {
    ProofKeys keys;
    const auto nonce_of = [&](const Proof& proof) {
        const auto verified = DpopProof::verify(proof.text(), asymmetric(), nullptr, keys);
        return verified.has_value() ? std::string(verified->nonce().value_or("none")) : "refused";
    };
    checks.equal(nonce_of({.more = R"(,"nonce":"n")"}), "n", "a nonce");
    checks.equal(nonce_of({.more = R"(,"nonce":"")"}), "", "an empty one");
    checks.equal(nonce_of({}), "none", "none");
}

void check_11_iat_is_within_the_window(Checks& checks) {
    accepted(checks, {.iat = std::to_string(now - window)}, "as old as allowed");
    accepted(checks, {.iat = std::to_string(now + window)}, "as early as allowed");
    accepted(checks, {.iat = std::to_string(now - window) + ".5"}, "a fraction");
    refused(checks, DpopFault::time, {.iat = std::to_string(now - window - 1)}, "too old");
    refused(checks, DpopFault::time, {.iat = std::to_string(now + window + 1)}, "too early");
    refused(checks, DpopFault::time, {.iat = std::to_string(now + window) + ".5"}, "a fraction");
    for (const char* iat : {"0", "-1700000000", "1e400", "-1e400", "99999999999999999999999",
                            "9223372036854775807", "-9223372036854775808", "1.7e10"}) {
        refused(checks, DpopFault::time, {.iat = iat}, iat);
    }
    ProofKeys keys;
    const auto fraction =
        DpopProof::verify(Proof{.iat = "1700000000.5"}.text(), asymmetric(), nullptr, keys);
    checks.equal(fraction.has_value() ? fraction->issued_by() : 0, now + 1, "rounded up");
}

void check_12_ath_is_of_the_token(Checks& checks) {
    const auto hash = [](std::string_view text) { return base64url_encode(sha256(bytes(text))); };
    for (const std::string& ath :
         {hash("another.access.token"), hash(token) + "=", hash(token).substr(0, 42),
          hash(std::string(token) + " "), std::string(token), std::string()}) {
        refused(checks, DpopFault::token, {.ath = '"' + ath + '"'}, ath);
    }
    refused(checks, DpopFault::token, {.ath = "null"}, "null");
}

void check_12_the_key_is_the_holders(Checks& checks) {
    ProofKeys keys;
    const std::string text = Proof().text();
    const auto verified = DpopProof::verify(text, asymmetric(), nullptr, keys);
    Digest holder = verified.has_value() ? verified->key() : Digest{};
    checks.equal(judge(text, request_of(), &holder), "valid", "the holder");
    for (std::size_t bit = 0; bit < 8 * holder.size(); ++bit) {
        Digest other = holder;
        other[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        checks.equal(judge(text, request_of(), &other), describe(DpopFault::holder), "another");
    }
}

// --- beyond the list ---

void every_flipped_bit_is_refused(Checks& checks) {
    for (const std::string_view alg : {"ES256", "EdDSA", "PS256"}) {
        const std::string good = Proof{.by = alg}.text();
        ProofKeys keys;
        const auto verified = DpopProof::verify(good, asymmetric(), nullptr, keys);
        checks.that(verified.has_value(), alg);
        const Digest holder = verified.has_value() ? verified->key() : Digest{};
        checks.that(DpopProof::verify(good, asymmetric(), &holder, keys).has_value(),
                    "its header is known then");
        for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
            std::string flipped = good;
            flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
            checks.that(!DpopProof::verify(flipped, asymmetric(), &holder, keys).has_value(), alg);
        }
        for (std::size_t size = 0; size < good.size(); ++size) {
            checks.that(
                !DpopProof::verify(good.substr(0, size), asymmetric(), &holder, keys).has_value(),
                "cut");
        }
    }
}

void a_known_key_is_checked_alike(Checks& checks) {
    ProofKeys keys;
    const auto outcome = [&](const Proof& proof) {
        const auto verified = DpopProof::verify(proof.text(), asymmetric(), nullptr, keys);
        return verified.has_value() ? std::string("valid")
                                    : std::string(describe(verified.error()));
    };
    for (int i = 0; i < 2; ++i) {
        checks.equal(outcome({}), "valid", "the key");
        checks.equal(outcome({.alg = R"("RS256")"}), describe(DpopFault::key), "another alg");
        checks.equal(outcome({.jwk = "{" + jwk_members(KeyType::p256) + R"(,"alg":"RS256"})"}),
                     "valid", "only the required members count");
        checks.equal(outcome({.jwk = "{" + jwk_members(KeyType::p256) + "," +
                                     private_member(KeyType::p256) + "}"}),
                     describe(DpopFault::private_key), "its private half");
    }
}

Digest thumbprint_of(const Proof& proof) {
    ProofKeys keys;
    const auto verified = DpopProof::verify(proof.text(), asymmetric(), nullptr, keys);
    return verified.has_value() ? verified->key() : Digest{};
}

void a_known_header_is_checked_alike(Checks& checks) {
    ProofKeys keys;
    const Digest holder = thumbprint_of({});
    const Digest other = thumbprint_of({.by = "EdDSA"});
    const auto outcome = [&](const std::string& text, const Digest& of, AlgorithmSet allowed) {
        const auto verified = DpopProof::verify(text, allowed, &of, keys);
        if (!verified.has_value()) {
            return std::string(describe(verified.error()));
        }
        checks.that(verified->key() == of && verified->algorithm() == Algorithm::es256, "signer");
        return std::string("valid");
    };
    const std::string good = Proof().text();
    const std::string forged = good.substr(0, good.rfind('.') + 1) + std::string(86, 'A');
    for (int i = 0; i < 3; ++i) {
        checks.equal(outcome(good, holder, asymmetric()), "valid", "the same header");
        checks.equal(outcome(Proof{.jti = R"("b")"}.text(), holder, asymmetric()), "valid",
                     "another proof");
        checks.equal(outcome(good, other, asymmetric()), describe(DpopFault::holder),
                     "not the holder of another token");
        checks.equal(outcome(forged, holder, asymmetric()), describe(DpopFault::signature),
                     "no signature");
        checks.equal(outcome(good, holder, Algorithm::es384), describe(DpopFault::algorithm),
                     "not allowed here");
        checks.equal(outcome(Proof{.jti = ""}.text(), holder, asymmetric()),
                     describe(DpopFault::claims), "no jti");
        checks.equal(outcome(Proof{.typ = R"("JWT")"}.text(), holder, asymmetric()),
                     describe(DpopFault::type), "another typ by the key");
    }
    checks.equal(outcome(Proof{.more_header = R"(,"x":1)"}.text(), holder, asymmetric()), "valid",
                 "another header with the key");
    checks.equal(outcome(good, holder, asymmetric()), "valid", "the first one again");
    const std::string long_member = R"(,"x":")" + std::string(2000, 'x') + '"';
    checks.equal(outcome(Proof{.more_header = long_member}.text(), holder, asymmetric()), "valid",
                 "a long header");
    const auto* const known = keys.find(holder);
    checks.that(known != nullptr && known->header.empty(), "which is not remembered");
}

void a_key_that_signed_nothing_is_not_remembered(Checks& checks) {
    ProofKeys keys;
    const std::string good = Proof().text();
    const auto verified = DpopProof::verify(good, asymmetric(), nullptr, keys);
    const Digest key = verified.has_value() ? verified->key() : Digest{};
    ProofKeys fresh;
    const std::string bad = good.substr(0, good.rfind('.') + 1) + std::string(86, 'A');
    checks.that(!DpopProof::verify(bad, asymmetric(), &key, fresh).has_value(), "no proof");
    checks.that(fresh.find(key) == nullptr, "is not remembered");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<published_proofs>),
        cmocka_unit_test(run<a_request_for_tokens>),
        cmocka_unit_test(run<keys_of_holders_alone_are_kept>),
        cmocka_unit_test(run<every_algorithm>),
        cmocka_unit_test(run<check_2_it_is_a_well_formed_jwt>),
        cmocka_unit_test(run<check_3_it_has_all_claims>),
        cmocka_unit_test(run<check_4_typ_is_dpop_jwt>),
        cmocka_unit_test(run<check_5_alg_is_asymmetric_and_allowed>),
        cmocka_unit_test(run<check_6_the_signature_is_by_jwk>),
        cmocka_unit_test(run<check_6_a_large_rsa_key>),
        cmocka_unit_test(run<check_7_jwk_has_no_private_member>),
        cmocka_unit_test(run<check_8_htm_is_the_method>),
        cmocka_unit_test(run<check_9_htu_is_the_uri>),
        cmocka_unit_test(run<check_10_nonce_is_read>),
        cmocka_unit_test(run<check_11_iat_is_within_the_window>),
        cmocka_unit_test(run<check_12_ath_is_of_the_token>),
        cmocka_unit_test(run<check_12_the_key_is_the_holders>),
        cmocka_unit_test(run<every_flipped_bit_is_refused>),
        cmocka_unit_test(run<a_known_key_is_checked_alike>),
        cmocka_unit_test(run<a_known_header_is_checked_alike>),
        cmocka_unit_test(run<a_key_that_signed_nothing_is_not_remembered>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
