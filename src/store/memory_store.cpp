#include "store/memory_store.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::store {

using auth::StoreOutcome;
using Kind = StoreOutcome::Kind;

std::vector<StoreOutcome> MemoryStore::do_run(std::span<const auth::StoreStep> steps,
                                              auth::StoreClock::time_point deadline) {
    if (auth::StoreClock::now() >= deadline) {
        throw auth::StoreError("the deadline has passed");
    }
    std::vector<StoreOutcome> outcomes;
    for (const auth::StoreStep& step : steps) {
        outcomes.push_back(std::visit([this](const auto& one) { return take(one); }, step));
    }
    return outcomes;
}

StoreOutcome MemoryStore::take(const auth::BeginSession& step) {
    const auto added = sessions_.try_emplace(step.session.sid);
    if (Kept& kept = added.first->second; added.second) {
        kept.session = step.session;
        kept.last_used_at = step.token.created_at;
        kept.expires_at = step.token.expires_at;
        kept.tokens[step.token.jti].token = step.token;
    }
    return {Kind::done, step.session, step.token};
}

StoreOutcome MemoryStore::take(const auth::RotateToken& step) {
    const auto found = sessions_.find(step.sid);
    if (found == sessions_.end()) {
        return {};
    }
    Kept& kept = found->second;
    const auto token = kept.tokens.find(step.jti);
    if (token == kept.tokens.end()) {
        return {};
    }
    Token& spent = token->second;
    const auto successor = kept.tokens.find(spent.replaced_by);
    const bool unused = successor != kept.tokens.end() && successor->second.replaced_by.empty() &&
                        step.next.created_at < successor->second.token.expires_at;
    const Kind kind = rotation_outcome(
        {kept.revoked, spent.token.expires_at, spent.used_at, spent.replaced_by, unused}, step);
    if (kind == Kind::done || kind == Kind::repeated) {
        auth::renew(kept.session, step);
    }
    StoreOutcome outcome{kind, kept.session, {}};
    if (kind == Kind::reused) {
        kept.revoked = true;
    } else if (kind == Kind::done && successor == kept.tokens.end()) {
        auth::RefreshToken next = step.next;
        next.expires_at = std::min(next.expires_at, kept.session.ends_at);
        spent.used_at = next.created_at;
        spent.replaced_by = next.jti;
        kept.last_used_at = next.created_at;
        kept.expires_at = next.expires_at;
        kept.tokens[next.jti].token = next;
        outcome.token = next;
    } else if (kind == Kind::done || kind == Kind::repeated) {
        outcome.token = successor->second.token;
    }
    return outcome;
}

StoreOutcome MemoryStore::take(const auth::RevokeSession& step) {
    const auto found = sessions_.find(step.sid);
    if (found == sessions_.end() || !auth::is_meant(step, found->second.session)) {
        return {};
    }
    const bool before = std::exchange(found->second.revoked, true);
    return {before ? Kind::revoked : Kind::done, found->second.session, {}};
}

StoreOutcome MemoryStore::take(const auth::RevokeSubject& step) {
    StoreOutcome outcome;
    for (auto& [sid, kept] : sessions_) {
        const auth::Session& session = kept.session;
        const bool meant = session.subject == step.subject && session.tenant == step.tenant;
        if (meant && !std::exchange(kept.revoked, true)) {
            outcome.kind = Kind::done;
        }
    }
    return outcome;
}

StoreOutcome MemoryStore::take(const auth::FindToken& step) {
    const auto found = sessions_.find(step.sid);
    if (found == sessions_.end()) {
        return {};
    }
    const Kept& kept = found->second;
    const auto token = kept.tokens.find(step.jti);
    if (!step.jti.empty() && token == kept.tokens.end()) {
        return {};
    }
    StoreOutcome outcome{Kind::done, kept.session, {}};
    std::int64_t expires_at = kept.session.ends_at;
    if (!step.jti.empty()) {
        outcome.token = token->second.token;
        expires_at = outcome.token.expires_at;
        outcome.kind = token->second.replaced_by.empty() ? Kind::done : Kind::spent;
    }
    if (kept.revoked) {
        outcome.kind = Kind::revoked;
    } else if (step.now >= expires_at) {
        outcome.kind = Kind::expired;
    }
    return outcome;
}

StoreOutcome MemoryStore::take(const auth::ListSessions& step) {
    StoreOutcome outcome{Kind::done, {}, {}};
    for (const auto& [sid, kept] : sessions_) {
        if (kept.session.subject == step.subject && kept.session.tenant == step.tenant &&
            !kept.revoked && step.now < kept.expires_at &&
            outcome.sessions.size() < auth::most_listed_sessions) {
            outcome.sessions.push_back({sid, kept.session.created_at, kept.last_used_at,
                                        kept.expires_at, kept.session.client});
        }
    }
    return outcome;
}

StoreOutcome MemoryStore::take(const auth::PurgeExpired& step) {
    for (auto& [sid, kept] : sessions_) {
        std::erase_if(kept.tokens,
                      [&](const auto& entry) { return step.now >= entry.second.token.expires_at; });
    }
    std::erase_if(sessions_,
                  [&](const auto& entry) { return step.now >= entry.second.expires_at; });
    std::erase_if(versions_, [&](const auto& entry) {
        const auto found = revocations_.find(entry.second);
        const bool is_over = found->second.kept_until <= step.now;
        if (is_over) {
            revocations_.erase(found);
        }
        return is_over;
    });
    return {Kind::done, {}, {}};
}

std::optional<auth::KnownRevocation> MemoryStore::revocation(const Digest& key) const {
    const auto version = versions_.find(key);
    return version == versions_.end() ? std::nullopt
                                      : std::optional(revocations_.at(version->second));
}

void MemoryStore::keep(const auth::KnownRevocation& revocation) {
    const auto [version, added] = versions_.try_emplace(revocation.record.key);
    if (!added) {
        revocations_.erase(version->second);
    }
    version->second = ++version_;
    revocations_[version_] = revocation;
}

StoreOutcome MemoryStore::take(const auth::AddRevocations& step) {
    for (const auth::RevocationRecord& record : step.records) {
        if (const auto merged = auth::merge(revocation(record.key), record, step)) {
            keep(*merged);
        }
    }
    return {Kind::done, {}, {}};
}

StoreOutcome MemoryStore::take(const auth::RemoveRevocation& step) {
    auto known = revocation(step.record.key);
    if (!known || !known->is_removable(step.now)) {
        return {};
    }
    if (!std::exchange(known->removed, true)) {
        keep(*known);
    }
    return {Kind::done, {}, {}};
}

StoreOutcome MemoryStore::take(const auth::ReadRevocations& step) {
    auth::RevocationChanges page = auth::begin_page(step, epoch_, version_);
    std::size_t count = 0;
    for (auto next = revocations_.upper_bound(page.version);
         next != revocations_.end() && count < auth::revocation_page; ++next, ++count) {
        auth::append(page, next->second, step.now);
        page.version = next->first;
    }
    page.more = count == auth::revocation_page;
    page.version = page.more ? page.version : version_;
    StoreOutcome outcome{Kind::done, {}, {}};
    outcome.revocations = std::make_shared<auth::RevocationChanges>(std::move(page));
    return outcome;
}

} // namespace sallyport::store
