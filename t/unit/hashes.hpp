#pragma once

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <crypt.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/encoding.hpp"
#include "base/text.hpp"

// Passwords at rest, made when the test runs.

namespace sallyport::test {

inline std::string base64(std::string_view buffer) {
    std::string encoded = base64url_encode(bytes(buffer));
    for (char& c : encoded) {
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    return encoded.append((4 - encoded.size() % 4) % 4, '=');
}

inline std::string to_hex(BytesView buffer, bool upper = false) {
    std::string digits;
    for (const std::uint8_t byte : buffer) {
        const char* alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
        digits += {alphabet[byte / 16], alphabet[byte % 16]};
    }
    return digits;
}

inline std::string sha1(std::string_view buffer) {
    std::string digest(SHA_DIGEST_LENGTH, '\0');
    SHA1(bytes(buffer).data(), buffer.size(), reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

inline std::string sha1_entry(std::string_view password) {
    return "{SHA}" + base64(sha1(password));
}

inline std::string salted_sha1_entry(std::string_view password, std::string_view salt) {
    const std::string salted = std::string(password) + std::string(salt);
    return "{SSHA}" + base64(sha1(salted) + std::string(salt));
}

// {SSHA256} or {SSHA512}.
inline std::string salted_entry(const char* algorithm, std::string_view password,
                                std::string_view salt) {
    const std::string salted = std::string(password) + std::string(salt);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_Digest(salted.data(), salted.size(), digest, &size, EVP_get_digestbyname(algorithm),
               nullptr);
    return std::string("{S") + algorithm + "}" +
           base64(std::string(reinterpret_cast<char*>(digest), size) + std::string(salt));
}

// crypt(3) with a setting, which may be a whole hash.
inline std::string crypt_with(const std::string& password, const std::string& setting) {
    const auto state = std::make_unique<crypt_data>();
    const char* hash = ::crypt_r(password.c_str(), setting.c_str(), state.get());
    if (hash == nullptr || hash[0] == '*') {
        throw std::runtime_error("no crypt for " + setting);
    }
    return hash;
}

// With a new salt and the least cost that the scheme has, where `cost` is given.
inline std::string crypt_entry(const std::string& password, const char* prefix,
                               unsigned long cost = 0) {
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    if (::crypt_gensalt_rn(prefix, cost, nullptr, 0, setting, sizeof(setting)) == nullptr) {
        throw std::runtime_error(std::string("no setting for ") + prefix);
    }
    return crypt_with(password, setting);
}

} // namespace sallyport::test
