#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/secret.hpp"
#include "jwt/token.hpp"

namespace sallyport::jwt {

// Proof that a token was signed by one of our keys: only PresentedToken::verify() makes one. Says
// nothing about its claims yet (see check_claims). Copies share what they hold.
class VerifiedToken {
  public:
    [[nodiscard]] const json_t* header() const noexcept { return body_->header->members.get(); }
    [[nodiscard]] std::string_view kid() const noexcept { return body_->header->kid.value_or(""); }
    [[nodiscard]] const json_t* payload() const noexcept { return body_->payload.get(); }
    // The payload as it was signed, but for line breaks and tabs between its JSON tokens, which
    // are spaces here, and DEL, which is escaped: fit for a header field.
    [[nodiscard]] std::string payload_text() const;
    // The signature was found good earlier, and remembered.
    [[nodiscard]] bool was_known() const noexcept { return was_known_; }

  private:
    friend class PresentedToken;
    friend class TokenCache;

    struct Body {
        Secret compact; // as it was presented
        std::shared_ptr<const Header> header;
        json::Value payload;
    };
    using SharedBody = std::shared_ptr<const Body>;

    VerifiedToken(SharedBody body, std::uint64_t key, bool was_known) noexcept
        : body_(std::move(body)),
          key_(key),
          was_known_(was_known) {}

    SharedBody body_;
    std::uint64_t key_; // the id of the key that made it
    bool was_known_;
};

} // namespace sallyport::jwt
