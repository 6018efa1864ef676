#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace sallyport {

// The fields of an application/x-www-form-urlencoded text, by name. Nothing for a text that is
// none: a broken escape, a name given twice, more than `limit` fields, or octets that must be
// escaped and are not.
using Form = std::map<std::string, Secret, std::less<>>;
std::optional<Form> parse_form(std::string_view text, std::size_t limit);

// One name or value of such a text.
std::optional<Secret> unescape_form(std::string_view text);

} // namespace sallyport
