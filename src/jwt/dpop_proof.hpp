#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/lru.hpp"
#include "base/result.hpp"
#include "jwt/algorithm.hpp"
#include "jwt/key.hpp"
#include "json/document.hpp"

namespace sallyport::jwt {

constexpr std::size_t max_proof_bytes = 8 << 10;
constexpr std::size_t max_proof_id_bytes = 256;
constexpr int max_proof_rsa_bits = 4096;

// ES256, ES384, ES512, EdDSA, RS256 and PS256.
AlgorithmSet default_proof_algorithms() noexcept;

// Why a DPoP proof is refused, in the order of the checks.
enum class DpopFault : std::uint8_t {
    not_a_jwt,
    too_large,
    type,
    algorithm,
    key,
    private_key,
    holder,
    signature,
    claims,
    method,
    uri,
    time,
    token,
};

// What is wrong with the proof, as the end of a sentence.
std::string_view describe(DpopFault fault) noexcept;

// The keys of the proofs that were verified recently, by their thumbprints, so that the next proof
// of a client does not prepare the key again. Each with the header of its latest proof: clients
// send the same header each time, which then is not read again. Used by one thread.
class ProofKeys {
  public:
    static constexpr std::size_t limit = 1024;
    static constexpr std::size_t max_header_bytes = 2048;

    struct Known {
        Key key;
        Algorithm algorithm;
        std::string header; // encoded; empty if it is longer than max_header_bytes
    };

    // Null if the key is not known.
    const Known* find(const Digest& thumbprint) { return keys_.peek(thumbprint); }
    void add(const Digest& thumbprint, const Key& key, Algorithm algorithm,
             std::string_view header);

  private:
    Lru<Digest, Known, DigestHash> keys_{limit};
};

// The request that a proof has to be made for.
struct DpopRequest {
    std::string_view method; // letter case counts
    std::string_view uri;    // see normalized_uri()
    std::optional<Digest>
        token; // the SHA-256 digest of the access token; nothing if it is sent with none
};

// A DPoP proof whose signature was verified with the key in its header (RFC 9449 section 4.3):
//
//     auto proof = DpopProof::verify(field_value, allowed, &holder, keys);
//     if (!proof || proof->check(request, window, now)) { ... refuse ... }
//
// Whether it was used before, and its nonce, is for the caller to check.
class DpopProof {
  public:
    // `holder`: the thumbprint of the key that the access token is bound to; null for any key.
    // Costs no cryptography unless the proof is by that key.
    static Result<DpopProof, DpopFault> verify(std::string_view compact, AlgorithmSet allowed,
                                               const Digest* holder, ProofKeys& keys);

    // Checks everything that depends on the request and the time. `window`: the number of seconds
    // by which "iat" may differ from now, to both sides.
    [[nodiscard]] std::optional<DpopFault> check(const DpopRequest& request, std::int64_t window,
                                                 std::int64_t now) const;

    [[nodiscard]] Algorithm algorithm() const noexcept { return algorithm_; }
    // The thumbprint of the key (RFC 7638).
    [[nodiscard]] const Digest& key() const noexcept { return key_; }
    // Borrowed from this object.
    [[nodiscard]] std::string_view id() const noexcept;
    [[nodiscard]] std::optional<std::string_view> nonce() const noexcept;
    // The second in which, or before which, the proof was issued.
    [[nodiscard]] std::int64_t issued_by() const noexcept;

  private:
    DpopProof(Algorithm algorithm, const Digest& key, json::Document claims)
        : algorithm_(algorithm),
          key_(key),
          claims_(std::move(claims)) {}

    Algorithm algorithm_;
    Digest key_;
    json::Document claims_;
};

} // namespace sallyport::jwt
