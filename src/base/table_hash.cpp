#include "base/table_hash.hpp"

#include <array>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/handle.hpp"

namespace sallyport {
namespace {

constexpr std::size_t key_bytes = 16;

void expect(bool done) {
    if (!done) {
        throw std::runtime_error("SipHash failed");
    }
}

} // namespace

struct TableHash::State {
    Handle<EVP_MAC, EVP_MAC_free> algorithm{EVP_MAC_fetch(nullptr, "SIPHASH", nullptr)};
    Handle<EVP_MAC_CTX, EVP_MAC_CTX_free> context{algorithm ? EVP_MAC_CTX_new(algorithm.get())
                                                            : nullptr};
};

TableHash::TableHash() : state_(std::make_unique<State>()) {
    Secret key{Bytes(key_bytes)};
    std::size_t size = sizeof(std::uint64_t);
    const std::array parameters{OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                                OSSL_PARAM_construct_end()};
    expect(
        RAND_bytes(key.writable().data(), static_cast<int>(key.size())) == 1 && state_->context &&
        EVP_MAC_init(state_->context.get(), key.view().data(), key.size(), parameters.data()) == 1);
}

TableHash::TableHash(TableHash&&) noexcept = default;
TableHash& TableHash::operator=(TableHash&&) noexcept = default;
TableHash::~TableHash() = default;

std::uint64_t TableHash::operator()(BytesView octets) {
    EVP_MAC_CTX* const context = state_->context.get();
    std::uint64_t hash = 0;
    std::size_t size = 0;
    expect(EVP_MAC_init(context, nullptr, 0, nullptr) == 1 &&
           EVP_MAC_update(context, octets.data(), octets.size()) == 1 &&
           EVP_MAC_final(context, reinterpret_cast<std::uint8_t*>(&hash), &size, sizeof(hash)) ==
               1);
    return hash;
}

} // namespace sallyport
