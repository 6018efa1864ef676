#include "auth/argon2.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "auth/crypt_hash.hpp"
#include "base/encoding.hpp"
#include "base/handle.hpp"
#include "base/secret.hpp"

namespace sallyport::auth {
namespace {

using Kdf = Handle<EVP_KDF, EVP_KDF_free>;
using KdfContext = Handle<EVP_KDF_CTX, EVP_KDF_CTX_free>;

struct Scheme {
    std::string_view mark;
    const char* algorithm;
};

constexpr std::array<Scheme, 3> schemes{
    {{"$argon2id$", "ARGON2ID"}, {"$argon2i$", "ARGON2I"}, {"$argon2d$", "ARGON2D"}}};

struct Argon2 {
    const char* algorithm = nullptr;
    std::uint32_t version = 0;
    std::uint32_t kibibytes = 0;
    std::uint32_t passes = 0;
    std::uint32_t lanes = 0;
    Bytes salt;
    Bytes digest;
};

bool take(std::string_view& text, std::string_view expected) noexcept {
    const bool there = text.starts_with(expected);
    text.remove_prefix(there ? expected.size() : 0);
    return there;
}

bool take_number(std::string_view& text, std::string_view name, std::uint32_t& value) noexcept {
    if (!take(text, name)) {
        return false;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error == std::errc() && value > 0;
}

std::optional<Bytes> decode(std::string_view unpadded) {
    if (unpadded.ends_with('=')) {
        return std::nullopt;
    }
    std::string padded(unpadded);
    padded.append((4 - padded.size() % 4) % 4, '=');
    return base64_decode(padded);
}

std::optional<Argon2> parse(std::string_view hash) {
    constexpr std::uint32_t newest = 0x13;
    constexpr std::uint32_t oldest = 0x10;
    constexpr std::size_t least_salt = 8;
    constexpr std::size_t least_digest = 16;
    Argon2 parsed;
    std::string_view rest = hash;
    for (const Scheme& scheme : schemes) {
        if (take(rest, scheme.mark)) {
            parsed.algorithm = scheme.algorithm;
            break;
        }
    }
    if (parsed.algorithm == nullptr || !take_number(rest, "v=", parsed.version) ||
        !take_number(rest, "$m=", parsed.kibibytes) || !take_number(rest, ",t=", parsed.passes) ||
        !take_number(rest, ",p=", parsed.lanes) || !take(rest, "$")) {
        return std::nullopt;
    }
    const auto end = std::min(rest.find('$'), rest.size());
    auto salt = decode(rest.substr(0, end));
    auto digest = decode(rest.substr(std::min(end + 1, rest.size())));
    if (!salt || salt->size() < least_salt || !digest || digest->size() < least_digest ||
        (parsed.version != newest && parsed.version != oldest) ||
        parsed.kibibytes / 8 < parsed.lanes) {
        return std::nullopt;
    }
    parsed.salt = std::move(*salt);
    parsed.digest = std::move(*digest);
    return parsed;
}

// Null before OpenSSL 3.2.
Kdf fetch(const char* algorithm) {
    ERR_set_mark();
    Kdf kdf(EVP_KDF_fetch(nullptr, algorithm, nullptr));
    ERR_pop_to_mark();
    return kdf;
}

bool derive(Argon2& hash, std::string_view password, Secret& out) {
    const Kdf kdf = fetch(hash.algorithm);
    const KdfContext context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
    const std::array parameters{
        OSSL_PARAM_construct_octet_string("pass", const_cast<char*>(password.data()),
                                          password.size()),
        OSSL_PARAM_construct_octet_string("salt", hash.salt.data(), hash.salt.size()),
        OSSL_PARAM_construct_uint32("version", &hash.version),
        OSSL_PARAM_construct_uint32("memcost", &hash.kibibytes),
        OSSL_PARAM_construct_uint32("iter", &hash.passes),
        OSSL_PARAM_construct_uint32("lanes", &hash.lanes),
        OSSL_PARAM_construct_end()};
    ERR_set_mark();
    const bool done = context && EVP_KDF_derive(context.get(), out.writable().data(), out.size(),
                                                parameters.data()) == 1;
    ERR_pop_to_mark();
    return done;
}

} // namespace

bool is_argon2(std::string_view hash) noexcept {
    return hash.starts_with("$argon2");
}

std::optional<std::string> wrong_argon2_hash(std::string_view hash) {
    constexpr double kibibyte = 1024;
    const auto parsed = parse(hash);
    if (!parsed) {
        return "an invalid Argon2 hash";
    }
    if (!fetch(parsed->algorithm)) {
        return "an Argon2 hash, which needs OpenSSL 3.2 or later";
    }
    return check_memory(kibibyte * parsed->kibibytes);
}

std::string_view argon2_kind(std::string_view hash) noexcept {
    std::size_t end = 0;
    for (int dollar = 0; dollar < 4; ++dollar) { // "", scheme, version, parameters
        end = hash.find('$', end) + 1;
    }
    return hash.substr(0, end);
}

bool argon2_matches(std::string_view hash, std::string_view password) {
    auto parsed = parse(hash);
    if (!parsed) {
        throw std::logic_error("an invalid Argon2 hash");
    }
    if (password.empty()) { // OpenSSL does not accept empty passwords
        return false;
    }
    Secret computed(Bytes(parsed->digest.size()));
    if (!derive(*parsed, password, computed)) {
        throw std::runtime_error("Argon2 cannot compute a hash");
    }
    return equal_in_constant_time(computed.view(), parsed->digest);
}

} // namespace sallyport::auth
