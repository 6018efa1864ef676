#pragma once

#include <string>
#include <string_view>

namespace sallyport::auth {

// The value of a Cookie field (RFC 6265 section 4.2) without the cookies of a name, compared
// ignoring case. Also removes what only nginx takes for a cookie: it reads a name after a comma as
// well. Empty if nothing is left; unchanged if there is no such cookie.
//
//     without_cookie("a=1; session=x; b=2", "session")    // "a=1; b=2"
std::string without_cookie(std::string_view field, std::string_view name);

} // namespace sallyport::auth
