#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/counted.hpp"
#include "base/lru.hpp"
#include "base/lru_table.hpp"
#include "base/string_map.hpp"
#include "base/table_hash.hpp"
#include "jwt/verified_token.hpp"

namespace sallyport::jwt {

// Tokens whose signatures were found good, so that the next request with one of them costs no
// cryptography; and the headers of such tokens, which nearly all tokens of a key have in common.
// What it knows is that a certain key made these very octets, and nothing else: whether that key
// counts for a request, and what the claims are worth now, is judged by others, each time. Bounded
// in octets; the least recently used make room, or nearly so (see Term). One thread.
class TokenCache {
  public:
    // With 0 no token is kept, but headers are.
    explicit TokenCache(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}

    // What is known of a token; null.
    Counted<VerifiedToken::Body> find(std::string_view compact);
    // To be called with tokens that were admitted, so that no others can push these out; one that
    // was known only if it is news.
    void add(const VerifiedToken& token);
    // One that is over.
    void erase(const VerifiedToken& token);

    // Null when no token with this header was verified lately.
    std::shared_ptr<const Header> find_header(std::string_view segment);

    [[nodiscard]] std::size_t max_bytes() const noexcept { return max_bytes_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return tokens_.size(); }

  private:
    static constexpr std::size_t header_limit = 1024;

    using Body = VerifiedToken::Body;

    // The time in which an eighth of the tokens is replaced. Which of two was used later counts
    // only if it was in another term: a token that stays is moved once in each and not for each
    // request, which would read and write what is known of others.
    class Term {
      public:
        [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
        void note_new(std::size_t tokens) noexcept {
            if (++added_ > tokens / 8) {
                ++number_;
                added_ = 0;
            }
        }

      private:
        std::uint64_t number_ = 1;
        std::size_t added_ = 0;
    };

    void use(Body& body) noexcept;
    // That of these very octets; null.
    Body* find(std::size_t hash, std::string_view compact) const noexcept;
    void link(const Counted<Body>& body, std::size_t hash);
    void drop(Body& body) noexcept;
    static std::size_t size_of(const Body& body) noexcept;
    void remember_header(std::string_view segment, const std::shared_ptr<const Header>& header);

    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    // Of the end of the signature. Whoever has a key and makes signatures that meet pushes out his
    // own.
    TableHash hash_;
    LruTable<Body> tokens_; // with a share of each
    Term term_;
    Lru<std::string, std::shared_ptr<const Header>, StringHash> headers_{header_limit};
};

} // namespace sallyport::jwt
