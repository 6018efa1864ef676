#include "jwt/key_source.hpp"

#include "base/secret_source.hpp"
#include "jwt/pem.hpp"

namespace sallyport::jwt {
namespace {

bool is_symmetric(Algorithm algorithm) noexcept {
    return describe(algorithm).family == Family::hmac;
}

// What the source of a key holds, if that can be a key for the algorithm.
Result<Secret> read_material(Algorithm algorithm, std::string_view source) {
    if (is_symmetric(algorithm)) {
        return secret_from_source(source);
    }
    if (is_encoded_source(source)) {
        return failure("needs a PEM file or \"env:\" for this algorithm");
    }
    return read_source(source);
}

template <typename T>
Result<T> fitting(Result<T> key) {
    if (!key && key.error().rfind("has ", 0) != 0) {
        return failure("has an unsuitable key: " + key.error());
    }
    return key;
}

Result<SigningKey> private_key(std::string kid, Algorithm algorithm, const Secret& material) {
    auto key = private_key_from_pem(text(material.view()));
    if (!key) {
        return failure("has a source that " + key.error());
    }
    return SigningKey::from_private(std::move(kid), algorithm, std::move(*key));
}

Result<Key> public_key(std::string kid, Algorithm algorithm, const Secret& material) {
    auto key = public_key_from_pem(text(material.view()));
    if (!key) {
        return failure("has a source that " + key.error());
    }
    return Key::from_public(std::move(kid), algorithm, std::move(*key));
}

} // namespace

Result<Key> key_from_source(std::string kid, Algorithm algorithm, std::string_view source) {
    auto material = read_material(algorithm, source);
    if (!material) {
        return failure(material.error());
    }
    return fitting(is_symmetric(algorithm)
                       ? Key::from_secret(std::move(kid), algorithm, std::move(*material))
                       : public_key(std::move(kid), algorithm, *material));
}

Result<SigningKey> signing_key_from_source(std::string kid, Algorithm algorithm,
                                           std::string_view source) {
    auto material = read_material(algorithm, source);
    if (!material) {
        return failure(material.error());
    }
    auto key = fitting(is_symmetric(algorithm) ? SigningKey::from_secret(std::move(kid), algorithm,
                                                                         std::move(*material))
                                               : private_key(std::move(kid), algorithm, *material));
    if (key && key->verification_key().strong_algorithms().empty()) {
        return failure("has a key that is too weak for its algorithm");
    }
    return key;
}

} // namespace sallyport::jwt
