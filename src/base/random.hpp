#pragma once

#include <string>

namespace sallyport {

// 128 random bits of cryptographic quality as base64url: 22 characters, unique in practice. Any
// thread; throws if the random number generator fails.
std::string random_id();

} // namespace sallyport
