#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sallyport::auth {

// What a revocation names: a token, a session, a subject, a signing key, or a whole tenant.
enum class RevocationKind : std::uint8_t { jti, sid, sub, kid, tenant };
inline constexpr std::array<std::string_view, 5> revocation_kinds{"jti", "sid", "sub", "kid",
                                                                  "tenant"};

// In place of a tenant's name: every tenant, and tokens without one.
constexpr std::string_view every_tenant = "*";

constexpr std::size_t max_revocation_text = 1024; // bytes of each text
constexpr std::size_t max_revocation_entry_bytes = 16 << 10;
constexpr std::size_t max_revocation_file_bytes = 128 << 20;

// One revocation, as administrators write it:
//     {"sub": "alice", "tenant_id": "acme", "issued_before": 1767225600, "until": 1769904000}
// Times are seconds since the epoch.
struct RevocationEntry {
    RevocationKind kind = RevocationKind::jti;
    std::string value;
    // The tenant that the value belongs to. Never for the kind `tenant`.
    std::optional<std::string> tenant_id{};
    std::optional<std::string> issuer{}; // none: every issuer
    // Of the kinds `sub` and `tenant`: tokens that were issued later are not revoked.
    std::optional<std::int64_t> issued_before{};
    std::optional<std::int64_t> until{}; // the end of the revocation, exclusive

    bool operator==(const RevocationEntry&) const = default;
};

// Reads one object. The error is one phrase.
Result<RevocationEntry> parse_revocation_entry(std::string_view text);

// Reads a file: an array of such objects. Passes each one to `take`, and returns their number. The
// error is one phrase that names the entry; `take` may have been called before.
using TakeRevocation = std::function<void(RevocationEntry entry)>;
Result<std::size_t> parse_revocation_file(std::string_view text, const TakeRevocation& take);

// The object, as it is parsed.
std::string revocation_text(const RevocationEntry& entry);

} // namespace sallyport::auth
