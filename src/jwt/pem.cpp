#include "jwt/pem.hpp"

#include <openssl/pem.h>

namespace sallyport::jwt {
namespace {

// Without a callback OpenSSL would ask for a password on the terminal.
int no_password(char*, int, int, void*) {
    return -1;
}

Bio open_bio(std::string_view text) {
    return required(Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))));
}

} // namespace

bool looks_like_pem(std::string_view text) noexcept {
    return text.find("-----BEGIN ") != std::string_view::npos;
}

Result<Pkey> public_key_from_pem(std::string_view text) {
    const ErrorQueueGuard queue;
    if (text.find("PRIVATE KEY-----") != std::string_view::npos) {
        return failure("contains a private key, but needs a public key");
    }
    if (!looks_like_pem(text)) {
        return failure("is not PEM");
    }
    const Bio bio = open_bio(text);
    Pkey key;
    if (text.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos) {
        const Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
        key.reset(certificate ? X509_get_pubkey(certificate.get()) : nullptr);
    } else {
        key.reset(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr));
    }
    if (!key) {
        return failure("contains no readable public key or certificate");
    }
    return key;
}

Result<Pkey> private_key_from_pem(std::string_view text) {
    const ErrorQueueGuard queue;
    Pkey key;
    if (looks_like_pem(text)) {
        const Bio bio = open_bio(text);
        key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
    }
    if (!key) {
        return failure("contains no readable, unencrypted private key");
    }
    return key;
}

} // namespace sallyport::jwt
