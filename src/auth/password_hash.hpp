#pragma once

#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport::auth {

struct DigestForm;

// A stored password or key in a format of htpasswd files: all that crypt(3) supports (bcrypt
// "$2y$", yescrypt "$y$", SHA-512 "$6$", SHA-256 "$5$", ...; with or without {CRYPT}), Apache's
// "$apr1$", Argon2, {SHA}, {SSHA}, {SSHA256}, {SSHA512} and {PLAIN}. Immutable; any thread.
class PasswordHash {
  public:
    // The error is one phrase without any part of the text. Plain text without {PLAIN} is an error.
    static Result<PasswordHash> parse(std::string_view text);

    // Slow by design: must not be computed in an event loop.
    [[nodiscard]] bool is_slow() const noexcept;
    // Scheme and parameters, which determine the cost of a slow hash. Borrowed from this object.
    [[nodiscard]] std::string_view kind() const noexcept;
    [[nodiscard]] bool is_plain() const noexcept { return kind_ == Kind::plain; }
    // Compares in constant time. A password with control characters or with more than
    // `max_password_bytes` never matches. Throws if the library cannot compute the hash.
    [[nodiscard]] bool matches(std::string_view password) const;

    [[nodiscard]] bool operator==(const PasswordHash&) const = default;
    // Of the stored text, to recognize it without keeping it.
    [[nodiscard]] Digest digest() const { return sha256(bytes(text_)); }

    static constexpr std::size_t max_password_bytes = 511; // the limit of crypt(3)

  private:
    enum class Kind { plain, digest, apr1, crypt, argon2 };

    PasswordHash(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}
    static Result<PasswordHash> parse_digest(const DigestForm& form, std::string_view encoded);
    static Result<PasswordHash> parse_crypt(std::string_view text);
    [[nodiscard]] bool matches_digest(std::string_view password) const;
    [[nodiscard]] bool matches_apr1(std::string_view password) const;
    [[nodiscard]] bool matches_crypt(std::string_view password) const;

    Kind kind_;
    const DigestForm* form_ = nullptr; // set for plain digests
    std::string text_;                 // without the prefix in braces, and decoded if it was base64
};

} // namespace sallyport::auth
