#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::jwt {

constexpr std::size_t max_uri_bytes = 16 << 10;

// An http or https URI without query and fragment, normalized by syntax and scheme (RFC 3986
// sections 6.2.2 and 6.2.3): two URIs that a DPoP proof must not distinguish (RFC 9449 section 4.3)
// have the same form, unless nginx could distinguish them: encoded characters of a host and, beside
// doubled slashes, dot segments stay as they are. Nothing for any other text, for a URI with user
// information, and for one that is too long. Characters that RFC 3986 does not allow, but clients
// send, stand for themselves; control characters and spaces are not among them.
std::optional<std::string> normalized_uri(std::string_view uri);

} // namespace sallyport::jwt
