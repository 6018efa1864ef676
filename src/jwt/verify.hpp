#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "jwt/keyset.hpp"
#include "jwt/token.hpp"

namespace sallyport::jwt {

class VerifiedToken;

// Judges everything about a token but its claims: size, segments, header, key by kid and
// algorithm, signature, and only then that the payload is a JSON object. The key sets are tried in
// their order.
Result<VerifiedToken, Refusal> verify(std::string_view compact,
                                      std::span<const Keyset* const> keysets, AlgorithmSet allowed);

// Proof that a token was signed by one of our keys: only verify() makes one. Says nothing about
// its claims yet (see check_claims).
class VerifiedToken {
  public:
    [[nodiscard]] const json_t* header() const noexcept { return header_.members.get(); }
    [[nodiscard]] std::string_view kid() const noexcept { return header_.kid.value_or(""); }
    [[nodiscard]] const json_t* payload() const noexcept { return payload_.get(); }
    // The payload as it was signed, but for line breaks and tabs between its JSON tokens, which
    // are spaces here, and DEL, which is escaped: fit for a header field.
    [[nodiscard]] std::string_view payload_text() const noexcept { return payload_text_; }

  private:
    friend Result<VerifiedToken, Refusal> verify(std::string_view, std::span<const Keyset* const>,
                                                 AlgorithmSet);
    VerifiedToken(Header header, json::Value payload, std::string payload_text)
        : header_(std::move(header)),
          payload_(std::move(payload)),
          payload_text_(std::move(payload_text)) {}

    Header header_;
    json::Value payload_;
    std::string payload_text_;
};

} // namespace sallyport::jwt
