#include "jwt/verified_token.hpp"

#include <algorithm>

#include "base/encoding.hpp"

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

std::string VerifiedToken::payload_text() const {
    const std::string_view segment = split_token(text(body_->compact.view()))->payload;
    std::string payload(base64url_decoded_size(segment.size()), '\0');
    base64url_decode_into(segment, reinterpret_cast<std::uint8_t*>(payload.data()));
    make_printable(payload);
    return payload;
}

} // namespace sallyport::jwt
