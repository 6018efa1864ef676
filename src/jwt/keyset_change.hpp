#pragma once

#include <string>

#include "jwt/keyset.hpp"

namespace sallyport::jwt {

// What a rotation did, for the log: how many keys there are now, and the kids that came and went,
// some of them if they are many. `before` is null where there were no keys.
std::string describe_change(const Keyset* before, const Keyset& after);

} // namespace sallyport::jwt
