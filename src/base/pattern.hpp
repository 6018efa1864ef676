#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.hpp"

struct pcre2_real_code_8;

namespace sallyport {

// A Perl-compatible regular expression, unanchored, matched byte by byte. The effort is limited, so
// no text can make matching slow. Immutable; any thread.
class Pattern {
  public:
    static constexpr std::size_t max_bytes = 1024;

    // The error is a phrase, such as "has an invalid pattern: missing closing parenthesis at 4".
    static Result<Pattern> compile(std::string_view text);

    // Empty if matching takes more than 10,000 steps or 5,000 levels of backtracking. Throws if
    // there is no memory.
    [[nodiscard]] std::optional<bool> matches(std::string_view text) const;

  private:
    explicit Pattern(std::shared_ptr<pcre2_real_code_8> code) : code_(std::move(code)) {}

    std::shared_ptr<pcre2_real_code_8> code_;
};

} // namespace sallyport
