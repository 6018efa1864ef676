#include "jwt/dpop_proof.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/encoding.hpp"
#include "jwt/dpop_uri.hpp"
#include "jwt/jwk.hpp"
#include "jwt/token.hpp"

namespace sallyport::jwt {
namespace {

using Kind = json::Element::Kind;

constexpr std::size_t max_signature_bytes = max_proof_rsa_bits / 8;
constexpr json::Limits claims_limits{max_proof_bytes, 8};

constexpr std::array<std::string_view, 8> private_members{"d",  "p",  "q",   "dp",
                                                          "dq", "qi", "oth", "k"};

// The required members of a public key in the order of RFC 7638 section 3.3.
std::span<const std::string_view> required_members(std::string_view type) noexcept {
    static constexpr std::array<std::string_view, 4> ec{"crv", "kty", "x", "y"};
    static constexpr std::array<std::string_view, 3> okp{"crv", "kty", "x"};
    static constexpr std::array<std::string_view, 3> rsa{"e", "kty", "n"};
    if (type == "EC") {
        return ec;
    }
    if (type == "OKP") {
        return okp;
    }
    return type == "RSA" ? std::span<const std::string_view>(rsa)
                         : std::span<const std::string_view>();
}

// Neither too long for any key nor in need of escapes.
bool is_plain(std::string_view value) noexcept {
    constexpr std::size_t max_bytes = (max_proof_rsa_bits / 8 * 4 + 2) / 3;
    return !value.empty() && value.size() <= max_bytes &&
           std::all_of(value.begin(), value.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

// The text whose digest is the thumbprint (RFC 7638 section 3). Itself a JWK.
Result<std::string, DpopFault> canonical_jwk(const json::Element* jwk) {
    if (!json::is(jwk, Kind::object)) {
        return Failure{DpopFault::key};
    }
    for (const std::string_view name : private_members) {
        if (json::member(jwk, name) != nullptr) {
            return Failure{DpopFault::private_key};
        }
    }
    std::string text;
    for (const std::string_view name :
         required_members(json::string(json::member(jwk, "kty")).value_or(""))) {
        const auto value = json::string(json::member(jwk, name));
        if (!value || !is_plain(*value)) {
            return Failure{DpopFault::key};
        }
        text.append(text.empty() ? "{\"" : ",\"").append(name);
        text.append("\":\"").append(*value).append("\"");
    }
    if (text.empty()) {
        return Failure{DpopFault::key};
    }
    return text + '}';
}

std::optional<Key> key_of(const std::string& jwk) {
    const json::Value value = json::parse_object(jwk, {jwk.size(), 1});
    auto key = key_from_jwk(value.get());
    if (!key) {
        return std::nullopt;
    }
    key->drop_weak_algorithms();
    return std::move(*key);
}

bool is_signed_by(const Key& key, Algorithm algorithm, const Segments& segments) {
    std::array<std::uint8_t, max_signature_bytes> buffer;
    const std::size_t size = base64url_decoded_size(segments.signature.size());
    return size <= buffer.size() && size == key.signature_size(algorithm) &&
           base64url_decode_into(segments.signature, buffer.data()) &&
           key.verify(algorithm, bytes(segments.signing_input), BytesView(buffer).first(size));
}

json::Document claims_of(std::string_view segment) {
    std::array<std::uint8_t, base64url_decoded_size(max_proof_bytes)> buffer;
    if (!base64url_decode_into(segment, buffer.data())) {
        return {};
    }
    const std::size_t size = base64url_decoded_size(segment.size());
    return json::parse_document(text(BytesView(buffer).first(size)), claims_limits);
}

// The seconds since the epoch (RFC 7519 section 2, NumericDate).
std::optional<double> issue_time(const json::Element* claims) {
    const json::Element* const iat = json::member(claims, "iat");
    if (json::is(iat, Kind::integer)) {
        return static_cast<double>(iat->integer());
    }
    return json::is(iat, Kind::real) ? std::optional(iat->real()) : std::nullopt;
}

bool are_complete(const json::Element* claims) {
    const auto id = json::string(json::member(claims, "jti"));
    const json::Element* const nonce = json::member(claims, "nonce");
    return id && !id->empty() && id->size() <= max_proof_id_bytes &&
           json::string(json::member(claims, "htm")) && json::string(json::member(claims, "htu")) &&
           issue_time(claims) && (nonce == nullptr || json::string(nonce));
}

std::optional<DpopFault> check_header(const Header& header, AlgorithmSet allowed) {
    if (json::string(json::member(header.members.root(), "typ")) != "dpop+jwt") {
        return DpopFault::type;
    }
    const bool is_asymmetric = describe(header.algorithm).family != Family::hmac;
    return is_asymmetric && allowed.contains(header.algorithm)
               ? std::nullopt
               : std::optional(DpopFault::algorithm);
}

DpopFault fault_of(Reason reason) noexcept {
    return reason == Reason::algorithm_unsupported ? DpopFault::algorithm : DpopFault::not_a_jwt;
}

// What the header of a proof says.
struct Signer {
    Algorithm algorithm;
    Digest thumbprint;
    Key key;
};

Result<Signer, DpopFault> read_header(std::string_view segment, AlgorithmSet allowed,
                                      const Digest* holder, ProofKeys& keys) {
    const auto header = parse_header(segment);
    if (!header) {
        return Failure{fault_of(header.error().reason)};
    }
    if (const auto fault = check_header(*header, allowed)) {
        return Failure{*fault};
    }
    const auto jwk = canonical_jwk(json::member(header->members.root(), "jwk"));
    if (!jwk) {
        return Failure{jwk.error()};
    }
    const Digest thumbprint = sha256(bytes(*jwk));
    if (holder != nullptr && *holder != thumbprint) {
        return Failure{DpopFault::holder};
    }
    const auto* const known = keys.find(thumbprint);
    auto key = known != nullptr ? std::optional(known->key) : key_of(*jwk);
    if (!key || !key->algorithms().contains(header->algorithm)) {
        return Failure{DpopFault::key};
    }
    return Signer{header->algorithm, thumbprint, std::move(*key)};
}

// Clients usually send it normalized. An empty one is none.
bool is_uri(std::string_view htu, std::string_view normalized) {
    return (htu == normalized && !htu.empty()) || normalized_uri(htu) == normalized;
}

bool is_digest(std::string_view encoded, const Digest& digest) {
    Digest decoded;
    return base64url_decoded_size(encoded.size()) == decoded.size() &&
           base64url_decode_into(encoded, decoded.data()) && decoded == digest;
}

} // namespace

void ProofKeys::add(const Digest& thumbprint, const Key& key, Algorithm algorithm,
                    std::string_view header) {
    Known& known = keys_.find(thumbprint, [&] { return Known{key, algorithm, {}}; });
    known.algorithm = algorithm;
    known.header = header.size() <= max_header_bytes ? header : std::string_view();
}

AlgorithmSet default_proof_algorithms() noexcept {
    using enum Algorithm;
    AlgorithmSet set = AlgorithmSet::of(Family::eddsa); // EdDSA has other names, too
    for (const Algorithm algorithm : {es256, es384, es512, rs256, ps256}) {
        set.add(algorithm);
    }
    return set;
}

std::string_view describe(DpopFault fault) noexcept {
    using enum DpopFault;
    switch (fault) {
    case not_a_jwt:
        return "it is not a JWT";
    case too_large:
        return "it is larger than 8 KiB";
    case type:
        return "its typ is not dpop+jwt";
    case algorithm:
        return "its alg is not allowed";
    case key:
        return "its jwk is not a public key for its alg, or is weak or too large";
    case private_key:
        return "its jwk contains a private key";
    case holder:
        return "its key is not the one that the token is bound to";
    case signature:
        return "its signature is wrong";
    case claims:
        return "jti, htm, htu, iat or nonce is missing or malformed";
    case method:
        return "its htm is another method";
    case uri:
        return "its htu is another URI";
    case time:
        return "its iat is too far from the current time";
    case token:
        break;
    }
    return "its ath is not of the token";
}

Result<DpopProof, DpopFault> DpopProof::verify(std::string_view compact, AlgorithmSet allowed,
                                               const Digest* holder, ProofKeys& keys) {
    if (compact.size() > max_proof_bytes) {
        return Failure{DpopFault::too_large};
    }
    const auto segments = split_token(compact);
    if (!segments) {
        return Failure{DpopFault::not_a_jwt};
    }
    const auto* const known = holder != nullptr ? keys.find(*holder) : nullptr;
    const bool is_known =
        known != nullptr && known->header == segments->header && allowed.contains(known->algorithm);
    const auto signer = is_known ? Signer{known->algorithm, *holder, known->key}
                                 : read_header(segments->header, allowed, holder, keys);
    if (!signer) {
        return Failure{signer.error()};
    }
    if (!is_signed_by(signer->key, signer->algorithm, *segments)) {
        return Failure{DpopFault::signature};
    }
    // Anyone can send proofs by other keys, and must not evict those of holders.
    if (!is_known && holder != nullptr) {
        keys.add(signer->thumbprint, signer->key, signer->algorithm, segments->header);
    }
    json::Document claims = claims_of(segments->payload);
    if (!are_complete(claims.root())) {
        return Failure{DpopFault::claims};
    }
    return DpopProof(signer->algorithm, signer->thumbprint, std::move(claims));
}

std::optional<DpopFault> DpopProof::check(const DpopRequest& request, std::int64_t window,
                                          std::int64_t now) const {
    const json::Element* const claims = claims_.root();
    if (json::string(json::member(claims, "htm")) != request.method) {
        return DpopFault::method;
    }
    if (!is_uri(*json::string(json::member(claims, "htu")), request.uri)) {
        return DpopFault::uri;
    }
    // Also false for a number that is none.
    if (!(std::abs(static_cast<double>(now) - *issue_time(claims)) <=
          static_cast<double>(window))) {
        return DpopFault::time;
    }
    if (request.token &&
        !is_digest(json::string(json::member(claims, "ath")).value_or(""), *request.token)) {
        return DpopFault::token;
    }
    return std::nullopt;
}

std::string_view DpopProof::id() const noexcept {
    return json::string(json::member(claims_.root(), "jti")).value_or("");
}

std::optional<std::string_view> DpopProof::nonce() const noexcept {
    return json::string(json::member(claims_.root(), "nonce"));
}

std::int64_t DpopProof::issued_by() const noexcept {
    return static_cast<std::int64_t>(std::ceil(*issue_time(claims_.root())));
}

} // namespace sallyport::jwt
