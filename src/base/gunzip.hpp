#pragma once

#include <cstddef>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport {

// Unpacks gzip (RFC 1952) with one or several members. The error is one sentence. `limit` is the
// maximum size of the input and of the output, in bytes. Data after the last member is an error.
Result<Secret> gunzip(BytesView packed, std::size_t limit);

} // namespace sallyport
