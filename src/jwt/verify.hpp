#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "jwt/claim_path.hpp"
#include "jwt/keyset.hpp"
#include "jwt/token.hpp"

namespace sallyport::jwt {

// Proof that a token was signed by one of our keys: only PresentedToken::verify() makes one. Says
// nothing about its claims yet (see check_claims).
class VerifiedToken {
  public:
    [[nodiscard]] const json_t* header() const noexcept { return header_.members.get(); }
    [[nodiscard]] std::string_view kid() const noexcept { return header_.kid.value_or(""); }
    [[nodiscard]] const json_t* payload() const noexcept { return payload_.get(); }
    // The payload as it was signed, but for line breaks and tabs between its JSON tokens, which
    // are spaces here, and DEL, which is escaped: fit for a header field.
    [[nodiscard]] std::string_view payload_text() const noexcept { return payload_text_; }

  private:
    friend class PresentedToken;
    VerifiedToken(Header header, json::Value payload, std::string payload_text)
        : header_(std::move(header)),
          payload_(std::move(payload)),
          payload_text_(std::move(payload_text)) {}

    Header header_;
    json::Value payload_;
    std::string payload_text_;
};

// What a payload claims before anything is proved. Good for choosing keys and for nothing else.
// Empty where a claim is absent or null.
struct KeyHints {
    std::string_view issuer;
    std::string_view tenant;
    bool well_formed = false; // the payload is a JSON object, and both are strings where given
};

// A token that has the form of one, and has proved nothing. Borrows the text it was made from.
class PresentedToken {
  public:
    // Judges size, segments and header.
    static Result<PresentedToken, Refusal> parse(std::string_view compact);

    [[nodiscard]] std::optional<std::string_view> kid() const noexcept { return header_.kid; }

    // Reads the payload ahead of the signature. Borrowed from this object.
    KeyHints key_hints(const ClaimPath& tenant);

    // Judges algorithm, key by kid and algorithm, signature, and only then that the payload is a
    // JSON object. The key sets are tried in their order. A refused token can be tried again with
    // other keys; one that was verified is spent.
    Result<VerifiedToken, Refusal> verify(std::span<const Keyset* const> keysets,
                                          AlgorithmSet allowed);

  private:
    PresentedToken(Segments segments, Header header)
        : segments_(segments),
          header_(std::move(header)) {}

    void read_payload();

    Segments segments_;
    Header header_;
    bool payload_read_ = false;
    std::string payload_text_;
    json::Value payload_; // null when it is not a JSON object
};

// Both steps at once.
Result<VerifiedToken, Refusal> verify(std::string_view compact,
                                      std::span<const Keyset* const> keysets, AlgorithmSet allowed);

} // namespace sallyport::jwt
