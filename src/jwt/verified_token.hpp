#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/counted.hpp"
#include "base/lru_table.hpp"
#include "jwt/registered_claims.hpp"
#include "jwt/token.hpp"
#include "json/document.hpp"

namespace sallyport::jwt {

// Proof that a token was signed by one of our keys: only PresentedToken::verify() makes one. Says
// nothing about its claims yet (see check_claims). Copies share what they hold.
class VerifiedToken {
  public:
    [[nodiscard]] const json::Element* header() const noexcept {
        return body_->header->members.root();
    }
    [[nodiscard]] std::string_view kid() const noexcept { return body_->header->kid.value_or(""); }
    [[nodiscard]] const json::Element* payload() const noexcept { return body_->payload.root(); }
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
    class Derived : public Shares {
      public:
        virtual ~Derived() = default;

        // Of the heap.
        [[nodiscard]] virtual std::size_t bytes() const noexcept = 0;
    };
    // The latest; null when there is none.
    [[nodiscard]] const Derived* derived() const noexcept { return body_->derived.get(); }
    // Takes a share.
    void keep(const Derived& derived) noexcept {
        if (body_->derived.get() != &derived) {
            body_->derived = Counted<const Derived>(&derived);
            is_news_ = true;
        }
    }
    // Holds something that the cache did not count yet.
    [[nodiscard]] bool is_news() const noexcept { return is_news_; }

  private:
    friend class PresentedToken;
    friend class TokenCache;

    // What is known of a token, in one piece of memory with its octets, which are overwritten when
    // it goes. The cache finds it by its base.
    struct Body : Shares, LruTable<Body>::Hook {
        static Counted<Body> make(std::string_view compact, std::shared_ptr<const Header> header,
                                  json::Document payload);
        Body(std::string_view presented, std::shared_ptr<const Header> its_header,
             json::Document its_payload, RegisteredClaims claims) noexcept;
        ~Body();

        // From the cache, which had a share.
        static void drop(Body& body) noexcept { const auto share = Counted<Body>::adopt(&body); }

        // As it was presented.
        [[nodiscard]] std::string_view compact() const noexcept {
            return {reinterpret_cast<const char*>(this + 1), size};
        }
        // By a key of this id, as far as is known.
        [[nodiscard]] bool was_made_by(std::uint64_t key) const noexcept {
            return std::find(makers.begin(), makers.end(), key) != makers.end();
        }

        // All of it, which is more than a Body.
        static void operator delete(void* memory) noexcept;

        std::size_t size;
        std::uint64_t used_in = 0; // which of the cache's terms
        // The id of the last set of keys that was tried first and had the maker, and the maker's.
        std::uint64_t last_keyset = 0;
        std::uint64_t last_maker = 0;
        std::shared_ptr<const Header> header;
        json::Document payload;
        Counted<const Derived> derived;
        RegisteredClaims registered;
        // The ids of the last few keys that made it. One key may be loaded for several places.
        std::array<std::uint64_t, 4> makers{};
        std::size_t next_maker = 0;
        std::size_t counted = 0; // by the cache, as octets
    };

    VerifiedToken(Counted<Body> body, std::uint64_t key, bool was_known) noexcept
        : body_(std::move(body)),
          key_(key),
          was_known_(was_known),
          is_news_(!was_known) {}

    Counted<Body> body_;
    std::uint64_t key_; // the id of the key that made it
    bool was_known_;
    bool is_news_;
};

} // namespace sallyport::jwt
