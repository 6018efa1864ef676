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
extern const std::string_view latest_script; // finds the latest token

// These have the keys of RedisRevocations: a hash with the epoch, the version and the number of
// revocations; a hash with the revocations; and two sorted sets with their keys, by version and by
// the time until which they are kept.
extern const std::string_view add_revocations_script;
extern const std::string_view remove_revocation_script;
extern const std::string_view read_revocations_script;

} // namespace sallyport::store
