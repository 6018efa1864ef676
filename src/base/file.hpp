#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport {

// The content of a regular file of at most `limit` bytes. Blocks. The error is one sentence without
// the path.
Result<Secret> read_file(const std::string& path, std::size_t limit);

} // namespace sallyport
