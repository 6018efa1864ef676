#pragma once

#include <string_view>

namespace sallyport {

// Whether the text is an origin as browsers send it (RFC 6454 section 6.2): a scheme, a host in
// lower case, and a port that is not the default one.
bool is_origin(std::string_view text) noexcept;

} // namespace sallyport
