#pragma once

#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport {

// The source of a secret in the configuration: "env:NAME", "base64url:...", "hex:..." or, without
// one of these prefixes, a file of at most 64 KiB. Relative paths are relative to the working
// directory. An error is one sentence that begins with a verb, without secret material.

bool is_file_source(std::string_view source) noexcept;
// Whether the source is "base64url:..." or "hex:...".
bool is_encoded_source(std::string_view source) noexcept;

// The bytes without changes.
Result<Secret> read_source(std::string_view source);

// The bytes without the line break at the end of printable text from a file or the environment.
Result<Secret> secret_from_source(std::string_view source);

} // namespace sallyport
