#pragma once

#include <string_view>

namespace sallyport::store {

// Each script is one atomic step on one key. The key holds a hash with the members of a session
// and, for each token, a field "token:" + jti: created_at, expires_at, used_at, replaced_by. Adds a
// session to the list of its subject, a sorted set of sids by the time when they end.
extern const std::string_view list_script;
extern const std::string_view begin_script;
extern const std::string_view rotate_script;
extern const std::string_view revoke_script;
extern const std::string_view find_script;

} // namespace sallyport::store
