#include "jwt/key.hpp"

#include <openssl/core_names.h>

#include "base/unique_id.hpp"
#include "jwt/public_form.hpp"
#include "jwt/weak_key.hpp"

namespace sallyport::jwt {
namespace {

constexpr int rsa_strong_bits = 2048;
constexpr int rsa_min_bits = 1024;
constexpr int rsa_max_bits = 8192;
constexpr int rsa_max_exponent_bits = 64;
constexpr std::size_t max_secret_bytes = 64 << 10;

struct Ability {
    AlgorithmSet algorithms;
    AlgorithmSet strong;
};

Bignum number(EVP_PKEY* key, const char* name) {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key, name, &value);
    return required(Bignum(value));
}

Result<Ability> rsa_ability(EVP_PKEY* key) {
    const Bignum e = number(key, OSSL_PKEY_PARAM_RSA_E);
    if (!BN_is_odd(e.get()) || BN_is_one(e.get()) || BN_num_bits(e.get()) > rsa_max_exponent_bits) {
        return failure("the RSA exponent must be odd, above 1 and of at most 64 bits");
    }
    const int bits = EVP_PKEY_get_bits(key);
    if (bits < rsa_min_bits || bits > rsa_max_bits) {
        return failure("an RSA key of " + std::to_string(bits) +
                       " bits cannot be used: 2048 to 8192 are needed");
    }
    const Bignum modulus = number(key, OSSL_PKEY_PARAM_RSA_N);
    const auto can = AlgorithmSet::of(Family::rsa) | AlgorithmSet::of(Family::rsa_pss);
    const bool is_weak = bits < rsa_strong_bits || is_roca_modulus(modulus.get());
    return Ability{can, is_weak ? AlgorithmSet() : can};
}

Result<Ability> ec_ability(EVP_PKEY* key) {
    std::array<char, 64> group{};
    std::size_t size = 0;
    EVP_PKEY_get_group_name(key, group.data(), group.size(), &size);
    const std::string_view name(group.data());
    for (unsigned i = 0; i < algorithm_count; ++i) {
        const AlgorithmInfo& info = describe(static_cast<Algorithm>(i));
        if (info.curve != nullptr && name == info.curve) {
            const PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
            // The order of the curve is prime, so a point on the curve is in its group.
            if (!context || EVP_PKEY_public_check_quick(context.get()) != 1) {
                return failure("the point is not a valid public key of its curve");
            }
            return Ability{info.algorithm, info.algorithm};
        }
    }
    return failure("the curve must be P-256, P-384, P-521 or secp256k1");
}

Ability edwards_ability(EVP_PKEY* key) {
    std::array<std::uint8_t, 57> point;
    std::size_t size = point.size();
    EVP_PKEY_get_raw_public_key(key, point.data(), &size);
    const bool is_weak = is_small_order(BytesView(point).first(size));
    const AlgorithmSet can =
        AlgorithmSet(Algorithm::eddsa) |
        (EVP_PKEY_is_a(key, "ED25519") ? Algorithm::ed25519 : Algorithm::ed448);
    return {can, is_weak ? AlgorithmSet() : can};
}

Result<Ability> ability(EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "RSA")) {
        return rsa_ability(key);
    }
    if (EVP_PKEY_is_a(key, "EC")) {
        return ec_ability(key);
    }
    if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448")) {
        return edwards_ability(key);
    }
    return failure("the key type must be RSA, EC, Ed25519 or Ed448");
}

} // namespace

Key::Key(Kid kid, AlgorithmSet algorithms, AlgorithmSet strong, Pkey key, Secret secret)
    : kid_(std::move(kid)),
      algorithms_(algorithms),
      strong_(strong),
      material_(new Material{unique_id(), std::move(key), std::move(secret), {}}) {}

Result<Key> Key::from_public(Kid kid, AlgorithmSet wanted, Pkey key) {
    const ErrorQueueGuard queue;
    const auto can = ability(key.get());
    if (!can) {
        return failure(can.error());
    }
    AlgorithmSet bound = wanted & can->algorithms;
    if (bound.empty()) {
        return failure("a key of this type cannot be used with this algorithm");
    }
    if (!(bound & AlgorithmSet::of(Family::eddsa)).empty()) {
        bound = can->algorithms; // two names of one algorithm
    }
    return Key(std::move(kid), bound, can->strong, std::move(key), Secret());
}

Result<Key> Key::from_secret(Kid kid, AlgorithmSet wanted, Secret secret) {
    const AlgorithmSet can = wanted & AlgorithmSet::of(Family::hmac);
    if (secret.empty()) {
        return failure("the secret is empty");
    }
    if (can.empty()) {
        return failure("a secret cannot be used with this algorithm");
    }
    if (secret.size() > max_secret_bytes) {
        return failure("the secret is longer than 64 KiB");
    }
    if (holds_public_form(secret.view())) {
        return failure("a public key, certificate or PEM is not a secret: everyone could sign");
    }
    AlgorithmSet strong;
    for (const Algorithm algorithm : {Algorithm::hs256, Algorithm::hs384, Algorithm::hs512}) {
        if (secret.size() >= describe(algorithm).digest_bytes) {
            strong.add(algorithm);
        }
    }
    return Key(std::move(kid), can, strong, nullptr, std::move(secret));
}

std::size_t Key::signature_size(Algorithm algorithm) const noexcept {
    const AlgorithmInfo& info = describe(algorithm);
    switch (info.family) {
    case Family::hmac:
        return info.digest_bytes;
    case Family::ecdsa:
        return 2 * info.field_bytes;
    default:
        return static_cast<std::size_t>(EVP_PKEY_get_size(material_->key.get()));
    }
}

bool Key::verify(Algorithm algorithm, BytesView input, BytesView signature) const {
    auto& verifier = material_->verifiers[static_cast<std::size_t>(algorithm)];
    if (!verifier) {
        verifier = material_->key ? make_verifier(algorithm, material_->key.get())
                                  : make_verifier(algorithm, material_->secret);
    }
    return verifier->verify(input, signature);
}

} // namespace sallyport::jwt
