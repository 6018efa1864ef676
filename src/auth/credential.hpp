#pragma once

#include <optional>
#include <string_view>

#include "base/reason.hpp"
#include "base/result.hpp"

namespace sallyport::auth {

// The token of an Authorization field value with the Bearer scheme (RFC 6750 section 2.1); nothing
// for another scheme, which is somebody else's. Malformed: no scheme, no token, or characters that
// no token68 has (RFC 9110 section 11.4).
Result<std::optional<std::string_view>, Reason> bearer_token(std::string_view field_value);

} // namespace sallyport::auth
