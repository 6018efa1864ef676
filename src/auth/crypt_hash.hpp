#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::auth {

// Why crypt(3) cannot compute this hash, as one phrase: an unknown format, a cost out of range, or
// more memory than the machine has. Empty if it can. Takes microseconds, regardless of the cost of
// the hash.
std::optional<std::string> wrong_crypt_hash(std::string_view hash);

// A phrase if a hash needs more memory than the machine has.
std::optional<std::string> check_memory(double bytes);

// False if the hash does not depend on every byte of the password: bcrypt uses 72 bytes, and
// extended DES seven bits of each byte.
bool crypt_counts_all(std::string_view hash, std::string_view password) noexcept;

// The part before the salt, which determines the cost.
std::string_view crypt_kind(std::string_view hash) noexcept;

} // namespace sallyport::auth
