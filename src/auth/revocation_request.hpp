#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "auth/revocation_entry.hpp"
#include "auth/token_request.hpp"
#include "base/reason.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport::auth {

// Why the body of a request is refused.
struct RefusedBody {
    Reason reason;
    std::string details{}; // what is wrong with an entry: a phrase, for explanations
};

// What to revoke: a token (RFC 7009 section 2.1) or, in JSON, an entry. A body that has both is
// malformed. Members that are null count as absent.
using RevocationRequest = std::variant<Secret, RevocationEntry>;
Result<RevocationRequest, RefusedBody> read_revocation(BodyType type, std::string_view body);

// The entry to take back, in JSON.
Result<RevocationEntry, RefusedBody> read_removal(BodyType type, std::string_view body);

// The entry as a caller of that tenant means it; empty: of none. Nothing if it is about another
// tenant. For a caller without a tenant, a session is named regardless of its tenant.
std::optional<RevocationEntry> meant_by(std::string_view tenant, RevocationEntry entry);

// The entry with the times that it does not state: subjects and tenants can log in again after
// `now`, and only a key is revoked for longer than `keep` seconds.
RevocationEntry with_times(RevocationEntry entry, std::int64_t now, std::int64_t keep);

} // namespace sallyport::auth
