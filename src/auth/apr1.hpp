#pragma once

#include <string>
#include <string_view>

namespace sallyport::auth {

// The hash of Apache's htpasswd -m: MD5 a thousand times, with up to eight bytes of salt. Gives
// the 22 characters behind the last "$". Not for new passwords.
std::string apr1(std::string_view password, std::string_view salt);

} // namespace sallyport::auth
