#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::jwt {

// Signature algorithms of RFC 7518 section 3.1, RFC 8812 (ES256K), RFC 8037 (EdDSA) and RFC 9864
// (Ed25519, Ed448: EdDSA on one curve). "none" is not one of them.
enum class Algorithm : std::uint8_t {
    hs256,
    hs384,
    hs512,
    rs256,
    rs384,
    rs512,
    ps256,
    ps384,
    ps512,
    es256,
    es384,
    es512,
    es256k,
    eddsa,
    ed25519,
    ed448,
};

constexpr std::size_t algorithm_count = 16;

enum class Family : std::uint8_t { hmac, rsa, rsa_pss, ecdsa, eddsa };

struct AlgorithmInfo {
    Algorithm algorithm;
    std::string_view name; // as in "alg", letter case counts
    Family family;
    const char* digest;       // OpenSSL's name, null for EdDSA
    std::size_t digest_bytes; // 0 for EdDSA
    const char* curve;        // OpenSSL's group, null but for ECDSA
    std::size_t field_bytes;  // of a coordinate and of R and S, 0 but for ECDSA
};

const AlgorithmInfo& describe(Algorithm algorithm) noexcept;
std::optional<Algorithm> find_algorithm(std::string_view name) noexcept;

class AlgorithmSet {
  public:
    constexpr AlgorithmSet() = default;
    constexpr AlgorithmSet(Algorithm only) : bits_(bit(only)) {}

    static constexpr AlgorithmSet all() { return from_bits((1U << algorithm_count) - 1); }
    static AlgorithmSet of(Family family) noexcept;
    static constexpr AlgorithmSet from_bits(std::uint32_t bits) {
        AlgorithmSet set;
        set.bits_ = bits;
        return set;
    }

    constexpr void add(Algorithm algorithm) { bits_ |= bit(algorithm); }
    [[nodiscard]] constexpr bool contains(Algorithm a) const { return (bits_ & bit(a)) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }

    constexpr AlgorithmSet operator&(AlgorithmSet o) const { return from_bits(bits_ & o.bits_); }
    constexpr AlgorithmSet operator|(AlgorithmSet o) const { return from_bits(bits_ | o.bits_); }
    constexpr bool operator==(const AlgorithmSet&) const = default;

  private:
    static constexpr std::uint32_t bit(Algorithm a) { return 1U << static_cast<unsigned>(a); }

    std::uint32_t bits_ = 0;
};

} // namespace sallyport::jwt
