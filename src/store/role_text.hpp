#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::store {

// Roles as one text, for stores without lists. Roles contain no comma (see auth::Account), so
// commas separate them.
std::string join_roles(const std::vector<std::string>& roles);
std::vector<std::string> split_roles(std::string_view text);

} // namespace sallyport::store
