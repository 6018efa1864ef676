#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <hiredis/hiredis.h>

#include "auth/token_store.hpp"

namespace sallyport::store {

// What the script of a step answered: the kind, and behind it the session and the token where they
// are known. A step failed where Redis answered an error, or anything that the script cannot
// answer. What says nothing of the step is thrown as StoreError: it can be tried again on a new
// connection. That Redis came to it too late is among this, for its clock may have been changed
// since the connection asked for the time.
auth::StoreOutcome outcome_of(const redisReply& reply, const auth::BeginSession& step);
auth::StoreOutcome outcome_of(const redisReply& reply, const auth::RotateToken& step);
auth::StoreOutcome outcome_of(const redisReply& reply, const auth::RevokeSession& step);
auth::StoreOutcome outcome_of(const redisReply& reply, const auth::FindToken& step);
// Of the script that lists a session among those of its subject.
auth::StoreOutcome outcome_of_listing(const redisReply& reply);

// A text or a number of Redis; nothing where it is of another type.
std::optional<std::string_view> text_of(const redisReply& reply) noexcept;
std::optional<std::int64_t> number_of(const redisReply& reply) noexcept;

auth::StoreOutcome failed_step(std::string why);

} // namespace sallyport::store
