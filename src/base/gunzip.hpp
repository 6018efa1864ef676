#pragma once

#include <cstddef>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport {

// What was packed with gzip (RFC 1952), in one member or several, or one sentence why it cannot be
// unpacked. `limit` bounds both sides, in bytes. Nothing may stand behind the last member.
Result<Secret> gunzip(BytesView packed, std::size_t limit);

} // namespace sallyport
