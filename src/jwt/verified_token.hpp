#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/counted.hpp"
#include "base/digest.hpp"
#include "base/lru_table.hpp"
#include "jwt/key.hpp"
#include "jwt/registered_claims.hpp"
#include "jwt/token.hpp"
#include "json/document.hpp"

namespace sallyport::jwt {

// A token whose signature was verified with one of our keys; only PresentedToken::verify() creates
// it. Its claims are not checked yet (see check_claims). Copies share their content.
class VerifiedToken {
  public:
    [[nodiscard]] const json::Element* header() const noexcept {
        return body_->header->members.root();
    }
    [[nodiscard]] bool is_no_credential() const noexcept { return body_->header->is_no_credential; }
    // Of the header: the key that verified a token with a kid has the same one.
    [[nodiscard]] std::optional<std::string_view> kid() const noexcept {
        return body_->header->kid;
    }
    // That of the key, even if the token names none; empty if the key has none.
    [[nodiscard]] std::string_view kid_of_key() const noexcept {
        return body_->kid_of_key != nullptr ? std::string_view(*body_->kid_of_key)
                                            : kid().value_or("");
    }
    [[nodiscard]] const json::Element* payload() const noexcept { return body_->payload.root(); }
    [[nodiscard]] const RegisteredClaims& registered_claims() const noexcept {
        return body_->registered;
    }
    // The payload as it was signed, made safe for a header field: line breaks and tabs between JSON
    // tokens are replaced by spaces, and DEL is escaped.
    [[nodiscard]] std::string payload_text() const;
    // The SHA-256 digest of the token as it was presented, computed once while the token is cached.
    [[nodiscard]] const Digest& digest() const;
    // The token came from the cache.
    [[nodiscard]] bool was_known() const noexcept { return was_known_; }

    // Something derived from the payload alone, for all requests with the token while it is cached.
    // May borrow from the payload.
    class Derived : public Shares {
      public:
        virtual ~Derived() = default;

        // On the heap.
        [[nodiscard]] virtual std::size_t bytes() const noexcept = 0;
    };
    // The latest; null if there is none.
    [[nodiscard]] const Derived* derived() const noexcept { return body_->derived.get(); }
    // Shares ownership.
    void keep(const Derived& derived) noexcept {
        if (body_->derived.get() != &derived) {
            body_->derived = Counted<const Derived>(&derived);
            is_news_ = true;
        }
    }
    // Contains something that the cache has not counted yet.
    [[nodiscard]] bool is_news() const noexcept { return is_news_; }

  private:
    friend class PresentedToken;
    friend class TokenCache;

    // The content of a token, followed in memory by its bytes, which are wiped when it is
    // destroyed. The base class links it into the cache.
    struct Body : Shares, LruTable<Body>::Hook {
        static Counted<Body> make(std::string_view compact, std::shared_ptr<const Header> header,
                                  json::Document payload);
        Body(std::string_view presented, std::shared_ptr<const Header> its_header,
             json::Document its_payload, RegisteredClaims claims) noexcept;
        ~Body();

        // Ends the cache's share.
        static void drop(Body& body) noexcept { const auto share = Counted<Body>::adopt(&body); }

        // As it was presented.
        [[nodiscard]] std::string_view compact() const noexcept {
            return {reinterpret_cast<const char*>(this + 1), size};
        }
        // A key with this id is known to have verified it.
        [[nodiscard]] bool was_made_by(std::uint64_t key) const noexcept {
            return std::find(makers.begin(), makers.end(), key) != makers.end();
        }

        // The token was verified with this key. The key set that was tried first may have another
        // one.
        void note_key(const Key& key);

        // Frees the bytes of the token as well.
        static void operator delete(void* memory) noexcept;

        std::size_t size;
        std::uint64_t used_in = 0; // the term of the cache
        // The key set that was tried first and contained the key last time, and the id of that key.
        std::uint64_t last_keyset = 0;
        std::uint64_t last_maker = 0;
        std::shared_ptr<const Header> header;
        json::Document payload;
        Counted<const Derived> derived;
        RegisteredClaims registered;
        std::unique_ptr<const std::string> kid_of_key; // only if the header has no kid
        std::unique_ptr<const Digest> digest;          // once it was asked for
        // The ids of the last few keys that verified it. A key loaded for several locations has
        // several ids.
        std::array<std::uint64_t, 4> makers{};
        std::size_t next_maker = 0;
        std::size_t counted = 0; // bytes that the cache has counted
    };

    VerifiedToken(Counted<Body> body, std::uint64_t key, bool was_known) noexcept
        : body_(std::move(body)),
          key_(key),
          was_known_(was_known),
          is_news_(!was_known) {}

    Counted<Body> body_;
    std::uint64_t key_; // the id of the key that verified it
    bool was_known_;
    bool is_news_;
};

} // namespace sallyport::jwt
