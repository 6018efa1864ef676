#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::auth {

// Argon2 (RFC 9106) as the reference implementation writes it: $argon2id$v=19$m=65536,t=3,p=4$,
// then salt and hash in base64 without padding. OpenSSL computes it from version 3.2 on.

bool is_argon2(std::string_view hash) noexcept;
// Why the hash cannot be computed, as one phrase; nothing if it can.
std::optional<std::string> wrong_argon2_hash(std::string_view hash);
// What decides its cost: the text in front of its salt.
std::string_view argon2_kind(std::string_view hash) noexcept;
// Of a hash that is not wrong. Throws when it cannot be computed now.
bool argon2_matches(std::string_view hash, std::string_view password);

} // namespace sallyport::auth
