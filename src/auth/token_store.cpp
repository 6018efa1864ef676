#include "auth/token_store.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::auth {

StoreOutcome::Kind rotation_outcome(const KnownToken& known, const RotateToken& step) noexcept {
    using enum StoreOutcome::Kind;
    const std::int64_t now = step.next.created_at;
    if (known.revoked) {
        return revoked;
    }
    if (now >= known.expires_at) {
        return expired;
    }
    if (known.replaced_by.empty() || known.replaced_by == step.next.jti) {
        return done;
    }
    const bool within = step.reuse_window > 0 && now - known.used_at <= step.reuse_window;
    return within && known.successor_unused ? repeated : reused;
}

bool renew(Session& session, const RotateToken& step) {
    if (!step.renewal) {
        return false;
    }
    const Session before = session;
    session.tenant = step.renewal->tenant;
    session.roles = step.renewal->roles;
    session.ends_at = std::min(session.ends_at, step.renewal->ends_at);
    return session != before;
}

bool is_meant(const RevokeSession& step, const Session& session) noexcept {
    return (!step.tenant || *step.tenant == session.tenant) &&
           (!step.subject || *step.subject == session.subject);
}

std::optional<KnownRevocation> merge(const std::optional<KnownRevocation>& known,
                                     const RevocationRecord& record, const AddRevocations& step) {
    const bool is_known = known && known->kept_until > step.now;
    const bool is_in_force = is_known && known->is_in_force(step.now);
    if (record.until <= step.now || (is_known && !is_in_force && step.is_refill)) {
        return std::nullopt;
    }
    KnownRevocation merged{record, false, record.until};
    if (is_in_force) {
        merged.record.issued_before = std::max(record.issued_before, known->record.issued_before);
        merged.record.until = std::max(record.until, known->record.until);
    }
    if (is_known) {
        merged.kept_until = std::max(record.until, known->kept_until);
    }
    return is_in_force && merged.record == known->record ? std::nullopt : std::optional(merged);
}

RevocationChanges begin_page(const ReadRevocations& step, std::string epoch, std::int64_t version) {
    const bool whole = step.epoch != epoch || step.version > version;
    return {std::move(epoch), whole ? 0 : step.version, whole, false, {}, {}};
}

void append(RevocationChanges& page, const KnownRevocation& known, std::int64_t now) {
    if (known.kept_until > now) {
        (known.is_in_force(now) ? page.added : page.removed).push_back(known.record);
    }
}

} // namespace sallyport::auth
