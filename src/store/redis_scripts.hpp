#pragma once

#include <string_view>

namespace sallyport::store {

// One atomic step each, on one key: a hash with the members of a session and, under "token:" and
// its jti, a text for each token: created_at, expires_at, used_at, replaced_by.
// Adds a session to the list of its subject, a sorted set of each sid and when it ends.
extern const std::string_view list_script;
extern const std::string_view begin_script;
extern const std::string_view rotate_script;
extern const std::string_view revoke_script;
extern const std::string_view find_script;

} // namespace sallyport::store
