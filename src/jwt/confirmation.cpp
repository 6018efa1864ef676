#include "jwt/confirmation.hpp"

#include "base/encoding.hpp"

namespace sallyport::jwt {
namespace {

std::optional<Digest> digest_in(const json::Element* cnf, std::string_view name) {
    Digest digest{};
    const auto text = json::string(json::member(cnf, name));
    const bool is_digest = text && base64url_decoded_size(text->size()) == digest.size() &&
                           base64url_decode_into(*text, digest.data());
    return is_digest ? std::optional(digest) : std::nullopt;
}

} // namespace

std::optional<Confirmation> Confirmation::of(const json::Element* cnf) {
    const Confirmation found{digest_in(cnf, "x5t#S256"), digest_in(cnf, "jkt")};
    const std::size_t members = (found.certificate ? 1 : 0) + (found.key ? 1 : 0);
    return members > 0 && cnf->size() == members ? std::optional(found) : std::nullopt;
}

} // namespace sallyport::jwt
