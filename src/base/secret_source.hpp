#pragma once

#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport {

// A secret source, as configured: "env:NAME", "base64url:...", "hex:..." or, without one of these
// prefixes, a file of at most 64 KiB. Relative paths are relative to the working directory. Errors
// are one sentence that begins with a verb and never holds secret material.

bool is_file_source(std::string_view source) noexcept;
// "base64url:" or "hex:".
bool is_encoded_source(std::string_view source) noexcept;

// The bytes as they are.
Result<Secret> read_source(std::string_view source);

// The same, without the line break that ends printable text from a file or the environment.
Result<Secret> secret_from_source(std::string_view source);

} // namespace sallyport
