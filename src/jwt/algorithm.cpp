#include "jwt/algorithm.hpp"

#include <array>

namespace sallyport::jwt {
namespace {

constexpr auto make_table() {
    using enum Algorithm;
    return std::to_array<AlgorithmInfo>({
        {hs256, "HS256", Family::hmac, "SHA256", 32, nullptr, 0},
        {hs384, "HS384", Family::hmac, "SHA384", 48, nullptr, 0},
        {hs512, "HS512", Family::hmac, "SHA512", 64, nullptr, 0},
        {rs256, "RS256", Family::rsa, "SHA256", 32, nullptr, 0},
        {rs384, "RS384", Family::rsa, "SHA384", 48, nullptr, 0},
        {rs512, "RS512", Family::rsa, "SHA512", 64, nullptr, 0},
        {ps256, "PS256", Family::rsa_pss, "SHA256", 32, nullptr, 0},
        {ps384, "PS384", Family::rsa_pss, "SHA384", 48, nullptr, 0},
        {ps512, "PS512", Family::rsa_pss, "SHA512", 64, nullptr, 0},
        {es256, "ES256", Family::ecdsa, "SHA256", 32, "prime256v1", 32},
        {es384, "ES384", Family::ecdsa, "SHA384", 48, "secp384r1", 48},
        {es512, "ES512", Family::ecdsa, "SHA512", 64, "secp521r1", 66},
        {es256k, "ES256K", Family::ecdsa, "SHA256", 32, "secp256k1", 32},
        {eddsa, "EdDSA", Family::eddsa, nullptr, 0, nullptr, 0},
        {ed25519, "Ed25519", Family::eddsa, nullptr, 0, nullptr, 0},
        {ed448, "Ed448", Family::eddsa, nullptr, 0, nullptr, 0},
    });
}

constexpr auto table = make_table();
static_assert(table.size() == algorithm_count);

} // namespace

const AlgorithmInfo& describe(Algorithm algorithm) noexcept {
    return table[static_cast<std::size_t>(algorithm)];
}

std::optional<Algorithm> find_algorithm(std::string_view name) noexcept {
    for (const AlgorithmInfo& info : table) {
        if (info.name == name) {
            return info.algorithm;
        }
    }
    return std::nullopt;
}

AlgorithmSet AlgorithmSet::of(Family family) noexcept {
    AlgorithmSet set;
    for (const AlgorithmInfo& info : table) {
        if (info.family == family) {
            set.add(info.algorithm);
        }
    }
    return set;
}

} // namespace sallyport::jwt
