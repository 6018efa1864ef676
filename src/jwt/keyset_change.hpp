#pragma once

#include <string>

#include "jwt/keyset.hpp"

namespace sallyport::jwt {

// Describes a rotation for the log: the number of keys, and the kids that were added and removed,
// or some of them if there are many. `before` is null if there were no keys.
std::string describe_change(const Keyset* before, const Keyset& after);

} // namespace sallyport::jwt
