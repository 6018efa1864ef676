#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::store {

// Roles as one text, for stores that know no lists. A role has no comma (see auth::Account), so
// that commas may stand between them.
std::string join_roles(const std::vector<std::string>& roles);
std::vector<std::string> split_roles(std::string_view text);

} // namespace sallyport::store
