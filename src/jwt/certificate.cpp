#include "jwt/certificate.hpp"

#include <openssl/pem.h>

#include "base/encoding.hpp"

namespace sallyport::jwt {
namespace {

constexpr std::size_t max_text_bytes = 16 << 10;
constexpr std::string_view pem_begin = "-----BEGIN CERTIFICATE-----";

Certificate from_pem(std::string_view text) {
    const Bio bio(required(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))));
    return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

Certificate from_der(BytesView der) {
    const std::uint8_t* in = der.data();
    Certificate certificate(d2i_X509(nullptr, &in, static_cast<long>(der.size())));
    return in == der.data() + der.size() ? std::move(certificate) : nullptr;
}

Certificate from_byte_sequence(std::string_view text) {
    const auto der = base64_decode(text.substr(1, text.size() - 2));
    return der ? from_der(*der) : nullptr;
}

} // namespace

Digest thumbprint(const X509& certificate) {
    const ErrorQueueGuard queue;
    Digest digest{};
    unsigned int size = digest.size();
    if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) != 1) {
        throw std::bad_alloc();
    }
    return digest;
}

std::optional<Digest> thumbprint(std::string_view text) {
    const ErrorQueueGuard queue;
    if (text.size() > max_text_bytes) {
        return std::nullopt;
    }
    Certificate certificate;
    if (text.starts_with(pem_begin)) {
        certificate = from_pem(text);
    } else if (text.size() > 2 && text.starts_with(':') && text.ends_with(':')) {
        certificate = from_byte_sequence(text);
    }
    return certificate ? std::optional(thumbprint(*certificate)) : std::nullopt;
}

} // namespace sallyport::jwt
