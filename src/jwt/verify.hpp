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

// What a payload claims before anything is proved. Good for choosing keys and for nothing else.
// Empty where a claim is absent or null.
struct KeyHints {
    std::string_view issuer;
    std::string_view tenant;
    // The payload is a JSON object, and where they are given the issuer is a string, the tenant a
    // string or an integer.
    bool well_formed = false;
};

// A token that has the form of one, and has proved nothing. Borrows the text it was made from.
class PresentedToken {
  public:
    // Judges size, segments and header. What `cache` knows of the token is not found out again.
    static Result<PresentedToken, Refusal> parse(std::string_view compact,
                                                 TokenCache* cache = nullptr);

    // The cache has these very octets, which were admitted once.
    [[nodiscard]] bool is_known() const noexcept { return static_cast<bool>(known_); }
    [[nodiscard]] std::optional<std::string_view> kid() const noexcept { return header().kid; }

    // Reads the payload ahead of the signature. Borrowed from this object.
    KeyHints key_hints(const ClaimPath& tenant);

    // Judges algorithm, key by kid and algorithm, signature, and only then that the payload is a
    // JSON object. The key sets are tried in their order. A refused token can be tried again with
    // other keys; one that was verified is spent. A signature is not checked again where it is
    // known that one of the keys to try made it.
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
    // The id of the key that made the signature.
    Result<std::uint64_t, Reason> check_signature(std::span<const Key* const> keys) const;

    std::string_view compact_;
    Counted<Body> known_; // null when it is not
    // Of one that is not known:
    std::shared_ptr<const Header> header_;
    bool payload_read_ = false;
    json::Document payload_; // none when it is not a JSON object
};

// Both steps at once.
Result<VerifiedToken, Refusal> verify(std::string_view compact,
                                      std::span<const Keyset* const> keysets, AlgorithmSet allowed);

} // namespace sallyport::jwt
