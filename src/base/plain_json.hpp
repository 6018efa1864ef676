#pragma once

#include <cstddef>
#include <string_view>

#include "base/json_document.hpp"

namespace sallyport::json {

// The object that a plain text is: strings of printable ASCII without escapes, integers of up to 15
// digits, up to 32 members in each object, none twice. Nearly all tokens are plain, and jansson
// reads octet by octet. None for any other text, whether or not it is JSON: whoever calls asks
// jansson then.
Document parse_plain_object(std::string_view text, std::size_t max_depth);

} // namespace sallyport::json
