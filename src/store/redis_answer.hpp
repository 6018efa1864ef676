#pragma once

#include <string>

#include <hiredis/hiredis.h>

#include "auth/token_store.hpp"

namespace sallyport::store {

// What one of our scripts answered of a session: the kind, and behind it the session and the token
// where they are known. A step failed where Redis answered an error, or anything else. What says
// nothing of the step is thrown as StoreError: it can be tried again on a new connection. That
// Redis came to it too late is among this, for its clock may have been changed since the connection
// asked for the time.
auth::StoreOutcome outcome_of(const redisReply& reply, const std::string& sid);

auth::StoreOutcome failed_step(std::string why);

} // namespace sallyport::store
