#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace sallyport {

// The fields of an application/x-www-form-urlencoded text, by name. Empty if the text is invalid: a
// broken escape, a repeated name, more than `limit` fields, or bytes that should be escaped.
using Form = std::map<std::string, Secret, std::less<>>;
std::optional<Form> parse_form(std::string_view text, std::size_t limit);

// Decodes one name or value.
std::optional<Secret> unescape_form(std::string_view text);

} // namespace sallyport
