#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <hiredis/hiredis.h>

#include "auth/token_store.hpp"

namespace sallyport::store {

// Reads the reply of a step's script: the kind, then the session and the token where they are
// known. The step has failed if Redis replied with an error, or with something that the script
// never returns. Replies that say nothing about the step are thrown as StoreError: it can be
// retried on a new connection. One of them is a missed deadline, because the clock of Redis may
// have changed since the connection read it.
auth::StoreOutcome outcome_of(const redisReply& reply, const auth::BeginSession& step);
auth::StoreOutcome outcome_of(const redisReply& reply, const auth::RotateToken& step);
auth::StoreOutcome outcome_of(const redisReply& reply, const auth::RevokeSession& step);
auth::StoreOutcome outcome_of(const redisReply& reply, const auth::FindToken& step);
auth::StoreOutcome outcome_of(const redisReply& reply, const auth::AddRevocations& step);
auth::StoreOutcome outcome_of(const redisReply& reply, const auth::RemoveRevocation& step);
auth::StoreOutcome outcome_of(const redisReply& reply, const auth::ReadRevocations& step);
// The same for the script that adds a session to the list of its subject.
auth::StoreOutcome outcome_of_listing(const redisReply& reply);
// The same for the script that finds the latest token of a session.
auth::StoreOutcome outcome_of_latest(const redisReply& reply, const std::string& sid);

// A string or integer reply; nothing for another type.
std::optional<std::string_view> text_of(const redisReply& reply) noexcept;
std::optional<std::int64_t> number_of(const redisReply& reply) noexcept;

auth::StoreOutcome failed_step(std::string why);

} // namespace sallyport::store
