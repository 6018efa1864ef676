#include "jwt/confirmation.hpp"

#include "base/encoding.hpp"

namespace sallyport::jwt {

std::optional<Confirmation> Confirmation::of(const json::Element* cnf) {
    Confirmation confirmation{};
    const auto text = json::string(json::member(cnf, "x5t#S256"));
    const bool is_digest = text && base64url_decoded_size(text->size()) == sizeof(Digest) &&
                           base64url_decode_into(*text, confirmation.certificate.data());
    return is_digest && cnf->size() == 1 ? std::optional(confirmation) : std::nullopt;
}

} // namespace sallyport::jwt
