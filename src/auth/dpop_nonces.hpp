#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport::auth {

// The nonces that a server requires in DPoP proofs (RFC 9449 sections 8 and 9). A nonce is an HMAC
// of the current slot of time, so nothing has to be remembered, and all processes and machines with
// the same key accept each other's nonces. One thread at a time.
class DpopNonces {
  public:
    static constexpr std::size_t min_key_bytes = 32;
    static constexpr std::size_t max_key_bytes = 512;

    // The key in the text of a file: hexadecimal digits, which a line break may end. The error is
    // one sentence that begins with a verb.
    static Result<Secret> read_key(std::string_view text);

    // A key of at least min_key_bytes.
    explicit DpopNonces(Secret key) : key_(std::move(key)) {}

    // The nonce of the current slot, which lasts `seconds`.
    [[nodiscard]] std::string current(std::int64_t now, std::int64_t seconds);

    enum class Age : std::uint8_t { current, previous };
    // The slot of a nonce; nothing if it is neither of the current slot nor of the previous one.
    [[nodiscard]] std::optional<Age> age(std::string_view nonce, std::int64_t now,
                                         std::int64_t seconds);

  private:
    // Computed before: preparing an HMAC takes longer than the rest of most requests.
    struct Known {
        std::int64_t slot = -1;
        std::int64_t seconds = 0;
        std::string nonce;
    };

    const std::string& of_slot(std::int64_t slot, std::int64_t seconds);
    [[nodiscard]] std::string compute(std::int64_t slot, std::int64_t seconds) const;

    Secret key_;
    std::array<Known, 2> known_{}; // of slots with an even number, and with an odd one
};

} // namespace sallyport::auth
