#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/pattern.hpp"
#include "base/result.hpp"
#include "json/document.hpp"

namespace sallyport::jwt {

// How a claim or header parameter (RFC 7519 section 4) is compared with an expected value.
struct ClaimOperator {
    enum class Kind : std::uint8_t { eq, gt, ge, lt, le, in, any, match };

    Kind kind = Kind::eq;
    bool negated = false;

    // "eq", "!eq" and so on; "ne", "nin", "intersect" and "nintersect" are other names. Nothing for
    // any other text.
    static std::optional<ClaimOperator> parse(std::string_view text) noexcept;

    bool operator==(const ClaimOperator&) const = default;
};

// The value that a claim is compared with, parsed and compiled once. Immutable.
class ExpectedClaim {
  public:
    static constexpr std::size_t max_json_bytes = 4096;
    static constexpr std::size_t max_array = 1024; // of the operator "any"

    // The text is a string. The error is the end of a sentence.
    static Result<ExpectedClaim> from_text(ClaimOperator::Kind kind, std::string_view text);
    // The text is JSON of any type.
    static Result<ExpectedClaim> from_json(ClaimOperator::Kind kind, std::string_view text);

    [[nodiscard]] const json::Element* value() const noexcept { return value_.root(); }
    // For the operator "match": null if the value is not a string.
    [[nodiscard]] const Pattern* pattern() const noexcept {
        return pattern_ ? &*pattern_ : nullptr;
    }

  private:
    static Result<ExpectedClaim> make(ClaimOperator::Kind kind, json::Document value);

    json::Document value_;
    std::optional<Pattern> pattern_;
};

enum class ClaimMatch : std::uint8_t {
    met,
    unmet,        // also a claim that is missing, null, or of a type that is not compared
    too_expensive // unmet: the pattern exceeded its limit
};

// Compares a claim, which is null where the token has none. A claim that cannot be compared meets
// neither an operator nor its negation.
ClaimMatch compare(const json::Element* claim, ClaimOperator operation,
                   const ExpectedClaim& expected);

} // namespace sallyport::jwt
