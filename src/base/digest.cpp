#include "base/digest.hpp"

#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/openssl.hpp"

namespace sallyport {
namespace {

void expect(bool done, const char* what) {
    if (!done) {
        throw std::runtime_error(what);
    }
}

// Looking up an algorithm is slower than hashing a short text, so each thread does it once.
struct Hasher {
    DigestAlgorithm algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    DigestContext context{EVP_MD_CTX_new()};
};

} // namespace

bool hmac_needs_key() noexcept {
    static const bool needs_key = OpenSSL_version_num() < 0x30000030L;
    return needs_key;
}

Digest sha256(BytesView buffer) {
    thread_local const Hasher hasher;
    Digest digest;
    expect(hasher.algorithm && hasher.context &&
               EVP_DigestInit_ex2(hasher.context.get(), hasher.algorithm.get(), nullptr) == 1 &&
               EVP_DigestUpdate(hasher.context.get(), buffer.data(), buffer.size()) == 1 &&
               EVP_DigestFinal_ex(hasher.context.get(), digest.data(), nullptr) == 1,
           "SHA-256 failed");
    return digest;
}

struct KeyedHash::State {
    Secret key{Bytes(sizeof(Digest))};
    Mac algorithm{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    MacContext context{algorithm ? EVP_MAC_CTX_new(algorithm.get()) : nullptr};
};

KeyedHash::KeyedHash() : state_(std::make_unique<State>()) {
    Secret& key = state_->key;
    std::array digest{'S', 'H', 'A', '2', '5', '6', '\0'};
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    expect(RAND_bytes(key.writable().data(), static_cast<int>(key.size())) == 1 &&
               state_->context &&
               EVP_MAC_init(state_->context.get(), key.view().data(), key.size(),
                            parameters.data()) == 1,
           "no HMAC");
}

KeyedHash::KeyedHash(KeyedHash&&) noexcept = default;
KeyedHash& KeyedHash::operator=(KeyedHash&&) noexcept = default;
KeyedHash::~KeyedHash() = default;

Digest KeyedHash::operator()(std::initializer_list<BytesView> parts) {
    EVP_MAC_CTX* const context = state_->context.get();
    const BytesView key = hmac_needs_key() ? state_->key.view() : BytesView();
    expect(EVP_MAC_init(context, key.data(), key.size(), nullptr) == 1, "HMAC failed");
    for (const BytesView part : parts) {
        const std::uint64_t size = part.size();
        expect(EVP_MAC_update(context, reinterpret_cast<const std::uint8_t*>(&size),
                              sizeof(size)) == 1 &&
                   EVP_MAC_update(context, part.data(), part.size()) == 1,
               "HMAC failed");
    }
    Digest digest;
    std::size_t size = 0;
    expect(EVP_MAC_final(context, digest.data(), &size, digest.size()) == 1, "HMAC failed");
    return digest;
}

} // namespace sallyport
