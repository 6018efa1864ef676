#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "jwt/claim_path.hpp"
#include "jwt/keyset.hpp"
#include "jwt/token.hpp"
#include "jwt/token_cache.hpp"
#include "jwt/verified_token.hpp"
#include "json/document.hpp"

namespace sallyport::jwt {

// Claims of a payload that is not verified, for selecting keys and for nothing else. Empty if a
// claim is absent or null.
struct KeyHints {
    std::string_view issuer;
    std::string_view tenant;
    // The payload is a JSON object; the issuer, if any, is a string, and the tenant, if any, is a
    // string or an integer.
    bool well_formed = false;
};

// A well-formed token that is not verified:
//
//     auto presented = PresentedToken::parse(compact, &cache);
//     auto verified = presented->verify(keysets, allowed);
//
// Borrows the text it was made from.
class PresentedToken {
  public:
    // Checks size, segments and header, unless the token is in the cache.
    static Result<PresentedToken, Refusal> parse(std::string_view compact,
                                                 TokenCache* cache = nullptr);

    // The cache contains exactly these bytes, which were admitted earlier.
    [[nodiscard]] bool is_known() const noexcept { return static_cast<bool>(known_); }
    [[nodiscard]] std::optional<std::string_view> kid() const noexcept { return header().kid; }

    // Reads the payload before the signature is verified. Borrowed from this object.
    KeyHints key_hints(const ClaimPath& tenant);

    // Checks the algorithm, finds keys by kid and algorithm, verifies the signature, and only then
    // requires that the payload is a JSON object. The key sets are tried in their order. After a
    // refusal, other keys may be tried; after a success, this object is empty. The cache may know
    // that one of these keys verified the signature earlier.
    Result<VerifiedToken, Refusal> verify(std::span<const Keyset* const> keysets,
                                          AlgorithmSet allowed);

  private:
    using Body = VerifiedToken::Body;

    PresentedToken(std::string_view compact, std::shared_ptr<const Header> header)
        : compact_(compact),
          header_(std::move(header)) {}
    PresentedToken(std::string_view compact, Counted<Body> known)
        : compact_(compact),
          known_(std::move(known)) {}

    [[nodiscard]] const Header& header() const noexcept {
        return known_ ? *known_->header : *header_;
    }
    [[nodiscard]] Failure<Refusal> refuse(Reason reason) const;
    // The token in the cache, whose signature this key verified earlier.
    VerifiedToken known_token(std::uint64_t key) noexcept;
    // Without cryptography: nothing unless one of the keys verified the signature earlier. `first`
    // is the key set that is tried first.
    std::optional<VerifiedToken> verify_known(std::span<const Key* const> keys,
                                              const Keyset& first);
    // Verifies the signature, and only then requires that the payload is a JSON object.
    Result<VerifiedToken, Refusal> verify_afresh(std::span<const Key* const> keys);
    const json::Element* payload();
    // The key that made the signature.
    Result<const Key*, Reason> check_signature(std::span<const Key* const> keys) const;

    std::string_view compact_;
    Counted<Body> known_; // null if the cache does not contain the token
    // Only without known_:
    std::shared_ptr<const Header> header_;
    bool payload_read_ = false;
    json::Document payload_; // empty if it is not a JSON object
};

// Parses and verifies.
Result<VerifiedToken, Refusal> verify(std::string_view compact,
                                      std::span<const Keyset* const> keysets, AlgorithmSet allowed);

} // namespace sallyport::jwt
