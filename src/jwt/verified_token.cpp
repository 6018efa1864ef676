#include "jwt/verified_token.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/encoding.hpp"
#include "base/secret.hpp"

namespace sallyport::jwt {
namespace {

// JSON has C0 control characters only between its tokens, and DEL only within its strings.
void make_printable(std::string& payload) {
    std::replace_if(
        payload.begin(), payload.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; },
        ' ');
    for (auto at = payload.find('\x7f'); at != std::string::npos; at = payload.find('\x7f', at)) {
        payload.replace(at, 1, "\\u007f");
    }
}

} // namespace

VerifiedToken::Body::Body(std::string_view presented, std::shared_ptr<const Header> its_header,
                          json::Document its_payload, RegisteredClaims claims) noexcept
    : size(presented.size()),
      header(std::move(its_header)),
      payload(std::move(its_payload)),
      registered(std::move(claims)) {
    presented.copy(reinterpret_cast<char*>(this + 1), size);
}

VerifiedToken::Body::~Body() {
    cleanse(this + 1, size);
}

// What was derived while another key was noted may depend on it.
void VerifiedToken::Body::note_key(const Key& key) {
    if (header->kid) {
        return;
    }
    const std::string kid = key.kid().value_or("");
    if (kid_of_key != nullptr ? *kid_of_key == kid : kid.empty()) {
        return;
    }
    kid_of_key = std::make_unique<const std::string>(kid);
    derived = {};
    last_keyset = 0;
}

Counted<VerifiedToken::Body> VerifiedToken::Body::make(std::string_view compact,
                                                       std::shared_ptr<const Header> header,
                                                       json::Document payload) {
    RegisteredClaims claims = RegisteredClaims::of(payload.root());
    void* const memory = ::operator new(sizeof(Body) + compact.size());
    return Counted<Body>(
        new (memory) Body(compact, std::move(header), std::move(payload), std::move(claims)));
}

void VerifiedToken::Body::operator delete(void* memory) noexcept {
    ::operator delete(memory);
}

const Digest& VerifiedToken::digest() const {
    if (body_->digest == nullptr) {
        body_->digest = std::make_unique<const Digest>(sha256(bytes(body_->compact())));
    }
    return *body_->digest;
}

std::string VerifiedToken::payload_text() const {
    const std::string_view segment = split_token(body_->compact())->payload;
    std::string payload(base64url_decoded_size(segment.size()), '\0');
    base64url_decode_into(segment, reinterpret_cast<std::uint8_t*>(payload.data()));
    make_printable(payload);
    return payload;
}

} // namespace sallyport::jwt
