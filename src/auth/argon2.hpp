#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::auth {

// Argon2 (RFC 9106) in the format of the reference implementation: $argon2id$v=19$m=65536,t=3,p=4$,
// followed by salt and hash in base64 without padding. Needs OpenSSL 3.2.

bool is_argon2(std::string_view hash) noexcept;
// Why the hash cannot be computed, as one phrase; empty if it can be.
std::optional<std::string> wrong_argon2_hash(std::string_view hash);
// The part before the salt, which determines the cost.
std::string_view argon2_kind(std::string_view hash) noexcept;
// The hash must be valid. Throws if it cannot be computed now.
bool argon2_matches(std::string_view hash, std::string_view password);

} // namespace sallyport::auth
