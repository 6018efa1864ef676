#pragma once

#include <string>
#include <string_view>

namespace sallyport::auth {

// The hash of Apache's htpasswd -m: a thousand rounds of MD5 with up to eight bytes of salt.
// Returns the 22 characters after the last "$". Not for new passwords.
std::string apr1(std::string_view password, std::string_view salt);

} // namespace sallyport::auth
