#pragma once

#include <string>

namespace sallyport {

// 128 random bits, from a generator that is fit for keys, as base64url: 22 characters that no
// second call ever gives again. Any thread; throws when there is no randomness to be had.
std::string random_id();

} // namespace sallyport
