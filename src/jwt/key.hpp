#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "jwt/algorithm.hpp"
#include "jwt/openssl.hpp"
#include "jwt/verifier.hpp"

namespace sallyport::jwt {

// A verification key and the algorithms it is bound to: the key decides, the token's "alg" only has
// to agree (RFC 8725 section 3.1). Copies share the key material. Errors are one sentence without
// the kid.
class Key {
  public:
    using Kid = std::optional<std::string>;

    // Bound to those of `wanted` that a key of this type can do; none left is an error, and so is
    // an RSA key of less than 1024 or more than 8192 bits or with an exponent that is even or of
    // more than 64 bits.
    static Result<Key> from_public(Kid kid, AlgorithmSet wanted, Pkey key);
    // A secret of more than 64 KiB is an error, and one that is a public key or certificate.
    static Result<Key> from_secret(Kid kid, AlgorithmSet wanted, Secret secret);

    [[nodiscard]] const Kid& kid() const noexcept { return kid_; }
    // Identifies the key material. No other key that this process loads has the same id.
    [[nodiscard]] std::uint64_t id() const noexcept { return material_->id; }
    [[nodiscard]] AlgorithmSet algorithms() const noexcept { return algorithms_; }
    // Those for which the key is strong: RSA from 2048 bits on, HMAC from the length of the hash on
    // (RFC 7518 sections 3.2, 3.3); no RSA key of CVE-2017-15361, no Edwards point of small order.
    [[nodiscard]] AlgorithmSet strong_algorithms() const noexcept { return algorithms_ & strong_; }
    void drop_weak_algorithms() noexcept { algorithms_ = strong_algorithms(); }

    // The size of each signature of this key, in bytes.
    [[nodiscard]] std::size_t signature_size(Algorithm algorithm) const noexcept;
    // `algorithm` must be one of algorithms(), the signature of signature_size(). Uses scratch
    // memory of the key: one thread at a time.
    [[nodiscard]] bool verify(Algorithm algorithm, BytesView input, BytesView signature) const;

  private:
    Key(Kid kid, AlgorithmSet algorithms, AlgorithmSet strong, Pkey key, Secret secret);

    Kid kid_;
    AlgorithmSet algorithms_;
    AlgorithmSet strong_;
    struct Material {
        std::uint64_t id;
        Pkey key;
        Secret secret;
        std::array<std::unique_ptr<Verifier>, algorithm_count> verifiers;
    };
    std::shared_ptr<Material> material_;
};

} // namespace sallyport::jwt
