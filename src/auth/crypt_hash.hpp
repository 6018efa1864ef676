#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::auth {

// Why crypt(3) cannot compute this hash, as one phrase: an unknown form, a cost out of range, or
// more memory than the machine has. Nothing if it can. Takes microseconds, whatever the hash costs.
std::optional<std::string> wrong_crypt_hash(std::string_view hash);

} // namespace sallyport::auth
