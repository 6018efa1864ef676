#include <array>
#include <string>

#include "auth/principal.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "fuzz.hpp"
#include "jwt/claims.hpp"
#include "jwt/issue.hpp"
#include "jwt/jwks.hpp"
#include "jwt/verify.hpp"

// The input is taken as a token, as "header.payload" that is encoded and signed with a key that
// the set knows, so that what lies behind the signature is reached, and as segments signed alike.

namespace {

using namespace sallyport;
using namespace sallyport::jwt;

constexpr std::string_view secret =
    "a secret for the fuzzer alone, of at least 64 octets in all ....";

// The examples of RFC 7515 and RFC 8037, and the secret above.
Keyset make_keys() {
    const std::string set =
        R"({"keys":[{"kid":"k1","kty":"oct","k":")" + base64url_encode(bytes(secret)) +
        R"("},{"kid":"rsa","kty":"RSA","e":"AQAB","n":")"
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt"
        "0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX"
        "ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5"
        "IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
        R"("},{"kid":"ec","kty":"EC","crv":"P-256",)"
        R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},)"
        R"({"kid":"ed","kty":"OKP","crv":"Ed25519",)"
        R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";
    auto loaded = load_keyset(set, KeysetFormat::jwks, WeakKeys::refused);
    fuzz::hold(loaded.has_value() && loaded->keys.size() == 4, "the key set loads");
    return std::move(loaded).value().keys;
}

void judge(const VerifiedToken& token) {
    fuzz::hold(!has_control(token.payload_text()), "the payload's text is fit for a header");
    static_cast<void>(check_claims(token, {60, true}, {"issuer"}, {"audience"}, 1'700'000'000));
    static_cast<void>(check_claims(token, {}, {}, {}, 1'700'000'000));
    static const auth::PrincipalClaims where{ClaimPath::parse("roles").value(),
                                             ClaimPath::parse("tenant_id").value()};
    const auto principal = principal_of(token, where);
    if (principal.has_value()) {
        fuzz::hold(!has_control(principal->subject) && !has_control(principal->tenant) &&
                       !has_control(principal->role_list()),
                   "a principal has no control characters");
    }
    const char* name = nullptr;
    json_t* value = nullptr;
    const json::Value claims = json::copy(token.payload());
    json_object_foreach(claims.get(), name, value) {
        fuzz::hold(!has_control(claim_text(json::member(token.payload(), name))),
                   "a claim's text has no control characters");
    }
}

bool verified(std::string_view compact, AlgorithmSet allowed = AlgorithmSet::all()) {
    static const Keyset keys = make_keys();
    const std::array<const Keyset*, 1> sets{&keys};
    const auto token = verify(compact, sets, allowed);
    fuzz::error_queue_is_empty();
    if (token.has_value()) {
        judge(*token);
    }
    return token.has_value();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const SigningKey key =
        SigningKey::from_secret("k1", Algorithm::hs256, Secret(bytes(secret))).value();
    const std::string_view input = fuzz::view(data, size);
    verified(input);

    const auto dot = input.find('.');
    const std::string_view header = input.substr(0, dot);
    const std::string_view payload = dot == input.npos ? "" : input.substr(dot + 1);
    const std::string plain = std::string(header) + "." + std::string(payload);
    const std::string encoded =
        base64url_encode(bytes(header)) + "." + base64url_encode(bytes(payload));
    const std::string good = base64url_encode(bytes(R"({"alg":"HS256","kid":"k1"})")) + "." +
                             base64url_encode(bytes(input));
    for (const std::string& text : {plain, encoded, good}) {
        const std::string signature = base64url_encode(key.sign(text));
        verified(text + "." + signature);
        fuzz::hold(!verified(text + "." + signature, Algorithm::rs256),
                   "HS256 is not taken where RS256 alone is allowed");
        std::string other = signature;
        other[0] = other[0] == 'A' ? 'B' : 'A';
        fuzz::hold(!verified(text + "." + other), "an altered signature is refused");
    }
    return 0;
}
