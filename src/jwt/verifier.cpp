#include "jwt/verifier.hpp"

#include <array>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "base/digest.hpp"
#include "jwt/ecdsa_der.hpp"

namespace sallyport::jwt {
namespace {

void expect(bool done, const char* what) {
    if (!done) {
        throw std::runtime_error(what);
    }
}

class Hasher {
  public:
    explicit Hasher(const AlgorithmInfo& info)
        : digest_(required(DigestAlgorithm(EVP_MD_fetch(nullptr, info.digest, nullptr)))),
          context_(required(DigestContext(EVP_MD_CTX_new()))) {}

    BytesView hash(BytesView input) {
        unsigned size = 0;
        expect(EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) == 1 &&
                   EVP_DigestUpdate(context_.get(), input.data(), input.size()) == 1 &&
                   EVP_DigestFinal_ex(context_.get(), out_.data(), &size) == 1,
               "digest failed");
        return BytesView(out_).first(size);
    }

    [[nodiscard]] const EVP_MD* digest() const noexcept { return digest_.get(); }

  private:
    DigestAlgorithm digest_;
    DigestContext context_;
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> out_{};
};

// Hashes, then gives the hash to a context that is initialised once: EVP_PKEY_verify may be
// called again and again with the same parameters.
class PrehashedVerifier : public Verifier {
  public:
    PrehashedVerifier(const AlgorithmInfo& info, EVP_PKEY* key)
        : hasher_(info),
          context_(required(PkeyContext(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)))) {
        expect(EVP_PKEY_verify_init(context_.get()) == 1, "verify_init failed");
        if (info.family == Family::rsa || info.family == Family::rsa_pss) {
            const bool pss = info.family == Family::rsa_pss;
            const int padding = pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
            expect(EVP_PKEY_CTX_set_rsa_padding(context_.get(), padding) == 1, "padding refused");
        }
        expect(EVP_PKEY_CTX_set_signature_md(context_.get(), hasher_.digest()) == 1, "md refused");
        if (info.family == Family::rsa_pss) {
            // RFC 7518 section 3.5: the salt is as long as the hash.
            expect(EVP_PKEY_CTX_set_rsa_mgf1_md(context_.get(), hasher_.digest()) == 1 &&
                       EVP_PKEY_CTX_set_rsa_pss_saltlen(context_.get(), RSA_PSS_SALTLEN_DIGEST) ==
                           1,
                   "PSS parameters refused");
        }
    }

    bool verify(BytesView input, BytesView signature) override {
        const ErrorQueueGuard queue;
        const BytesView hash = hasher_.hash(input);
        return EVP_PKEY_verify(context_.get(), signature.data(), signature.size(), hash.data(),
                               hash.size()) == 1;
    }

  private:
    Hasher hasher_;
    PkeyContext context_;
};

class EcdsaVerifier : public PrehashedVerifier {
  public:
    using PrehashedVerifier::PrehashedVerifier;

    bool verify(BytesView input, BytesView signature) override {
        EcdsaDer der;
        return PrehashedVerifier::verify(input, der.encode(signature));
    }
};

class EddsaVerifier : public Verifier {
  public:
    explicit EddsaVerifier(EVP_PKEY* key)
        : key_(key),
          context_(required(DigestContext(EVP_MD_CTX_new()))) {}

    bool verify(BytesView input, BytesView signature) override {
        const ErrorQueueGuard queue;
        expect(EVP_DigestVerifyInit_ex(context_.get(), nullptr, nullptr, nullptr, nullptr, key_,
                                       nullptr) == 1,
               "verify_init failed");
        return EVP_DigestVerify(context_.get(), signature.data(), signature.size(), input.data(),
                                input.size()) == 1;
    }

  private:
    EVP_PKEY* key_;
    DigestContext context_;
};

class HmacVerifier : public Verifier {
  public:
    HmacVerifier(const AlgorithmInfo& info, const Secret& secret)
        : secret_(secret),
          mac_(required(Mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr)))),
          context_(required(MacContext(EVP_MAC_CTX_new(mac_.get())))) {
        const std::array<OSSL_PARAM, 2> params{
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(info.digest),
                                             0),
            OSSL_PARAM_construct_end()};
        expect(EVP_MAC_init(context_.get(), secret_.view().data(), secret_.size(), params.data()) ==
                   1,
               "digest refused");
    }

    bool verify(BytesView input, BytesView signature) override {
        std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac;
        std::size_t size = 0;
        expect(rewind() && EVP_MAC_update(context_.get(), input.data(), input.size()) == 1 &&
                   EVP_MAC_final(context_.get(), mac.data(), &size, mac.size()) == 1,
               "HMAC failed");
        const bool same = equal_in_constant_time(BytesView(mac).first(size), signature);
        cleanse(mac.data(), mac.size());
        return same;
    }

  private:
    bool rewind() {
        const BytesView key = hmac_needs_key() ? secret_.view() : BytesView();
        return EVP_MAC_init(context_.get(), key.data(), key.size(), nullptr) == 1;
    }

    const Secret& secret_;
    Mac mac_;
    MacContext context_;
};

} // namespace

std::unique_ptr<Verifier> make_verifier(Algorithm algorithm, EVP_PKEY* key) {
    const ErrorQueueGuard queue;
    const AlgorithmInfo& info = describe(algorithm);
    switch (info.family) {
    case Family::eddsa:
        return std::make_unique<EddsaVerifier>(key);
    case Family::ecdsa:
        return std::make_unique<EcdsaVerifier>(info, key);
    default:
        return std::make_unique<PrehashedVerifier>(info, key);
    }
}

std::unique_ptr<Verifier> make_verifier(Algorithm algorithm, const Secret& secret) {
    const ErrorQueueGuard queue;
    return std::make_unique<HmacVerifier>(describe(algorithm), secret);
}

} // namespace sallyport::jwt
