#include <string>

#include "base/encoding.hpp"
#include "fuzz.hpp"
#include "jwt/dpop_proof.hpp"
#include "jwt/dpop_uri.hpp"
#include "jwt/issue.hpp"

// The input is taken as a proof, as "header.claims" that is encoded, as claims that are signed, so
// that what lies behind the signature is reached, and as a URI.

namespace {

using namespace sallyport;
using namespace sallyport::jwt;

constexpr std::int64_t now = 1'700'000'000;

AlgorithmSet all_but_hmac() {
    return AlgorithmSet::from_bits(AlgorithmSet::all().bits() &
                                   ~AlgorithmSet::of(Family::hmac).bits());
}

void judge(const DpopProof& proof) {
    fuzz::hold(!proof.id().empty() && proof.id().size() <= max_proof_id_bytes, "a jti is bounded");
    const DpopRequest request{"GET", "https://a.example/b", sha256(bytes("token"))};
    if (!proof.check(request, 60, now)) {
        fuzz::hold(proof.issued_by() >= now - 60 && proof.issued_by() <= now + 60,
                   "iat is within the window");
    }
}

bool verified(std::string_view compact) {
    ProofKeys keys;
    const auto proof = DpopProof::verify(compact, all_but_hmac(), nullptr, keys);
    fuzz::error_queue_is_empty();
    if (proof.has_value()) {
        judge(*proof);
        const Digest other{};
        fuzz::hold(!DpopProof::verify(compact, all_but_hmac(), &other, keys).has_value(),
                   "the key is that of the holder");
        for (int i = 0; i < 2; ++i) { // its header is known then
            fuzz::hold(DpopProof::verify(compact, all_but_hmac(), &proof->key(), keys).has_value(),
                       "it is valid again");
        }
    } else {
        fuzz::hold(!describe(proof.error()).empty(), "a fault has a description");
    }
    return proof.has_value();
}

void read_uri(std::string_view input) {
    if (const auto once = normalized_uri(input)) {
        fuzz::hold(normalized_uri(*once) == once, "a normalized URI remains as it is");
        fuzz::hold(once->find_first_of("?# ") == once->npos, "it ends before the query");
    }
}

const SigningKey& signing_key() {
    static const SigningKey key = [] {
        Pkey pair(EVP_EC_gen("P-256"));
        return SigningKey::from_private("k", Algorithm::es256, std::move(pair)).value();
    }();
    return key;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::view(data, size);
    verified(input);
    read_uri(input);
    read_uri("https://" + std::string(input));
    read_uri("http://a/" + std::string(input));

    const auto dot = input.find('.');
    const std::string_view claims = dot == input.npos ? "" : input.substr(dot + 1);
    verified(base64url_encode(bytes(input.substr(0, dot))) + "." + base64url_encode(bytes(claims)) +
             "." + std::string(86, 'A'));

    static const std::string header = R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" +
                                      json::compact(signing_key().jwk().get()) + "}";
    const std::string text = base64url_encode(bytes(header)) + "." + base64url_encode(bytes(input));
    std::string signature = base64url_encode(signing_key().sign(text));
    verified(text + "." + signature);
    signature[0] = signature[0] == 'A' ? 'B' : 'A';
    fuzz::hold(!verified(text + "." + signature), "an altered signature is refused");
    return 0;
}
