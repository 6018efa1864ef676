#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/secret.hpp"
#include "jwt/registered_claims.hpp"
#include "jwt/token.hpp"

namespace sallyport::jwt {

// Proof that a token was signed by one of our keys: only PresentedToken::verify() makes one. Says
// nothing about its claims yet (see check_claims). Copies share what they hold.
class VerifiedToken {
  public:
    [[nodiscard]] const json_t* header() const noexcept { return body_->header->members.get(); }
    [[nodiscard]] std::string_view kid() const noexcept { return body_->header->kid.value_or(""); }
    [[nodiscard]] const json_t* payload() const noexcept { return body_->payload.get(); }
    [[nodiscard]] const RegisteredClaims& registered_claims() const noexcept {
        return body_->registered;
    }
    // The payload as it was signed, but for line breaks and tabs between its JSON tokens, which
    // are spaces here, and DEL, which is escaped: fit for a header field.
    [[nodiscard]] std::string payload_text() const;
    // The signature was found good earlier, and remembered.
    [[nodiscard]] bool was_known() const noexcept { return was_known_; }

    // What was made of the payload and of nothing else, for all requests that bring the token while
    // it is remembered. May borrow from the payload.
    class Derived {
      public:
        Derived() = default;
        Derived(const Derived&) = delete;
        Derived& operator=(const Derived&) = delete;
        virtual ~Derived() = default;

        // Of the heap.
        [[nodiscard]] virtual std::size_t bytes() const noexcept = 0;
    };
    // The latest; null when there is none.
    [[nodiscard]] const std::shared_ptr<const Derived>& derived() const noexcept {
        return body_->derived;
    }
    template <typename Kind>
    void keep(const std::shared_ptr<const Kind>& derived) noexcept {
        if (derived != body_->derived) {
            body_->derived = derived;
            is_news_ = true;
        }
    }
    // Holds something that the cache did not count yet.
    [[nodiscard]] bool is_news() const noexcept { return is_news_; }

  private:
    friend class PresentedToken;
    friend class TokenCache;

    struct Body {
        Body(Secret presented, std::shared_ptr<const Header> its_header, json::Value its_payload)
            : compact(std::move(presented)),
              header(std::move(its_header)),
              payload(std::move(its_payload)),
              registered(RegisteredClaims::of(payload.get())) {}

        Secret compact; // as it was presented
        std::shared_ptr<const Header> header;
        json::Value payload;
        RegisteredClaims registered;
        mutable std::shared_ptr<const Derived> derived;
    };
    using SharedBody = std::shared_ptr<const Body>;

    VerifiedToken(SharedBody body, std::uint64_t key, bool was_known) noexcept
        : body_(std::move(body)),
          key_(key),
          was_known_(was_known),
          is_news_(!was_known) {}

    SharedBody body_;
    std::uint64_t key_; // the id of the key that made it
    bool was_known_;
    bool is_news_;
};

} // namespace sallyport::jwt
