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

// Verified tokens, so that the next request with the same token needs no cryptography, and the
// headers of such tokens, which most tokens of a key share. The cache knows only that a certain key
// signed exactly these bytes: whether the key is valid for a request, and whether the claims are,
// is checked for each request. Bounded in bytes; the least recently used tokens are evicted, with
// the precision of a Term. Used by one thread.
class TokenCache {
  public:
    // 0: caches headers, but no tokens.
    explicit TokenCache(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}

    // The cached token; null if there is none.
    Counted<VerifiedToken::Body> find(std::string_view compact);
    // Only for tokens that were admitted, so that no others can evict these. A cached token is
    // added again only if it is_news().
    void add(const VerifiedToken& token);
    // For a token that has expired.
    void erase(const VerifiedToken& token);

    // Null if no token with this header was verified recently.
    std::shared_ptr<const Header> find_header(std::string_view segment);

    [[nodiscard]] std::size_t max_bytes() const noexcept { return max_bytes_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return tokens_.size(); }

  private:
    static constexpr std::size_t header_limit = 1024;

    using Body = VerifiedToken::Body;

    // The time in which an eighth of the tokens is replaced. The order of use is kept between terms
    // and not within one, so that a token is moved once in a term. Moving it for each request would
    // read and write its neighbours in memory.
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
    // The token with exactly these bytes; null if there is none.
    Body* find(std::size_t hash, std::string_view compact) const noexcept;
    void link(const Counted<Body>& body, std::size_t hash);
    void drop(Body& body) noexcept;
    static std::size_t size_of(const Body& body) noexcept;
    void remember_header(std::string_view segment, const std::shared_ptr<const Header>& header);

    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    // Of the end of the signature. Only the owner of a key can create collisions, and these evict
    // tokens of that key.
    TableHash hash_;
    LruTable<Body> tokens_; // with a share of each
    Term term_;
    Lru<std::string, std::shared_ptr<const Header>, StringHash> headers_{header_limit};
};

} // namespace sallyport::jwt
