#include "jwt/key_source.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/encoding.hpp"
#include "base/file.hpp"
#include "jwt/pem.hpp"

namespace sallyport::jwt {
namespace {

constexpr std::string_view env_prefix = "env:";
constexpr std::string_view base64url_prefix = "base64url:";
constexpr std::string_view hex_prefix = "hex:";
constexpr std::size_t max_key_bytes = 64 << 10;

Result<Secret> decoded(std::optional<Bytes> octets, const char* form) {
    if (!octets) {
        return failure(std::string("has a source that is not ") + form);
    }
    return Secret(std::move(*octets));
}

Result<Secret> from_environment(std::string_view name) {
    const char* const value = std::getenv(std::string(name).c_str());
    if (value == nullptr) {
        return failure("names the environment variable \"" + std::string(name) +
                       "\", which is not set");
    }
    return Secret(bytes(value));
}

Result<Secret> read_source(std::string_view source) {
    if (source.starts_with(base64url_prefix)) {
        return decoded(base64url_decode(source.substr(base64url_prefix.size())), "base64url");
    }
    if (source.starts_with(hex_prefix)) {
        return decoded(hex_decode(source.substr(hex_prefix.size())), "hexadecimal");
    }
    if (source.starts_with(env_prefix)) {
        return from_environment(source.substr(env_prefix.size()));
    }
    auto content = read_file(std::string(source), max_key_bytes);
    if (!content) {
        return failure("names the file \"" + std::string(source) + "\", which " + content.error());
    }
    return content;
}

bool is_text(BytesView octets) noexcept {
    return std::all_of(octets.begin(), octets.end(), [](std::uint8_t octet) {
        return (octet >= 0x20 && octet < 0x7f) || octet == '\n' || octet == '\r' || octet == '\t';
    });
}

// Editors and shells end a text with a line break; nobody means it as part of a secret.
void drop_line_break(Secret& secret) noexcept {
    std::size_t size = secret.size();
    if (!is_text(secret.view()) || size == 0 || secret.view()[size - 1] != '\n') {
        return;
    }
    --size;
    if (size > 0 && secret.view()[size - 1] == '\r') {
        --size;
    }
    secret.shorten(size);
}

bool has_prefix(std::string_view source, std::initializer_list<std::string_view> prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](std::string_view prefix) { return source.starts_with(prefix); });
}

bool is_symmetric(Algorithm algorithm) noexcept {
    return describe(algorithm).family == Family::hmac;
}

// What the source of a key holds, when that can be one for the algorithm.
Result<Secret> read_material(Algorithm algorithm, std::string_view source) {
    const bool encoded = has_prefix(source, {base64url_prefix, hex_prefix});
    if (!is_symmetric(algorithm) && encoded) {
        return failure("needs a PEM file or \"env:\" for this algorithm");
    }
    auto material = read_source(source);
    if (!material || !is_symmetric(algorithm)) {
        return material;
    }
    if (!encoded) {
        drop_line_break(*material);
    }
    return material;
}

template <typename T>
Result<T> fitting(Result<T> key) {
    if (!key && key.error().rfind("has ", 0) != 0) {
        return failure("has a key that does not fit: " + key.error());
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

bool is_file_source(std::string_view source) noexcept {
    return !has_prefix(source, {env_prefix, base64url_prefix, hex_prefix});
}

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

Result<Secret> secret_from_source(std::string_view source) {
    auto secret = read_source(source);
    if (secret && !has_prefix(source, {base64url_prefix, hex_prefix})) {
        drop_line_break(*secret);
    }
    return secret;
}

} // namespace sallyport::jwt
