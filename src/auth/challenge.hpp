#pragma once

#include <string>
#include <string_view>

#include "base/reason.hpp"

namespace sallyport::auth {

// A WWW-Authenticate field value (RFC 6750 section 3, RFC 9110 section 11.6.1); empty for a
// failure that is ours and not the client's.
std::string bearer_challenge(std::string_view realm, Reason reason);

// A problem details object (RFC 9457) that tells the client the public side of the reason.
std::string problem_json(Reason reason);

} // namespace sallyport::auth
