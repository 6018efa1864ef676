#include "auth/token_store.hpp"

#include <algorithm>

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

} // namespace sallyport::auth
