#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::auth {

// Why crypt(3) cannot compute this hash, as one phrase: an unknown form, a cost out of range, or
// more memory than the machine has. Nothing if it can. Takes microseconds, whatever the hash costs.
std::optional<std::string> wrong_crypt_hash(std::string_view hash);

// One phrase when a hash needs more memory than the machine has.
std::optional<std::string> check_memory(double bytes);

// False when the hash does not depend on every byte of the password: bcrypt counts 72 bytes, and
// the extended DES hash seven bits of each.
bool crypt_counts_all(std::string_view hash, std::string_view password) noexcept;

// What decides the cost of a hash: the text in front of its salt.
std::string_view crypt_kind(std::string_view hash) noexcept;

} // namespace sallyport::auth
