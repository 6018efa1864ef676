#include "ngx/access/token_rules.hpp"

#include <utility>

#include "ngx/sources/keyring.hpp"

namespace sallyport::ngx {
namespace {

const KeySources no_sources;

// Finds out whether another key might verify the token.
Verdict conclude_unverified(Reason reason, const jwt::PresentedToken& presented, Keyring& keyring,
                            Waiter& waiter) {
    if (reason != Reason::key_unknown && reason != Reason::algorithm_mismatch &&
        reason != Reason::signature_invalid) {
        return Verdict::refused(reason);
    }
    // A provider may reuse a kid for a new key, or publish keys without a kid.
    if (!keyring.pending()) {
        keyring.fetch_early();
    }
    if (keyring.pending()) {
        keyring.wait(waiter);
        return Verdict::pending();
    }
    const bool may_be_elsewhere = reason == Reason::key_unknown || !presented.kid();
    return Verdict::refused(keyring.incomplete() && may_be_elsewhere ? Reason::keys_unavailable
                                                                     : reason);
}

} // namespace

void TokenRules::apply(const Tenant& own) noexcept {
    sources = own.sources.get();
    times.cache = own.key_cache.value_or(times.cache);
    algorithms = own.algorithms.value_or(algorithms);
    issuers = own.issuers ? &*own.issuers : issuers;
    audiences = own.audiences ? &*own.audiences : audiences;
    tenant = own.name;
}

Result<TokenRules, Reason> choose_rules(const Policy& policy, jwt::PresentedToken& presented) {
    const Tenant* tenant = nullptr;
    if (policy.tenants) {
        const auto hints = presented.key_hints(policy.principal_claims.tenant());
        using Kind = auth::TenantDirectory::Choice::Kind;
        // Without well-formed hints, the keys of the location apply.
        const auto choice = hints.well_formed
                                ? policy.tenants->directory->choose(hints.tenant, hints.issuer)
                                : auth::TenantDirectory::Choice{Kind::defaults};
        if (choice.kind == Kind::conflict) {
            return Failure{Reason::tenant_conflict};
        }
        tenant = choice.kind == Kind::tenant ? &policy.tenants->all[choice.index] : nullptr;
    }
    TokenRules rules(policy);
    if (tenant != nullptr) {
        rules.apply(*tenant);
    }
    return rules;
}

Verdict verify_signature(ngx_http_request_t* r, const TokenRules& rules,
                         jwt::PresentedToken& presented, Waiter& waiter, bool early,
                         std::optional<jwt::VerifiedToken>& verified) {
    Keyring keyring(r, rules.sources != nullptr ? *rules.sources : no_sources, rules.times,
                    rules.tenant, waiter, early);
    keyring.begin_fetches();
    auto result = presented.verify(keyring.keysets(), rules.algorithms);
    if (!result) {
        const Verdict verdict =
            conclude_unverified(result.error().reason, presented, keyring, waiter);
        const bool no_keys = verdict.refusal() == Reason::key_unknown && keyring.empty();
        return no_keys && rules.sources != nullptr ? Verdict::refused(Reason::keys_unavailable)
                                                   : verdict;
    }
    verified = std::move(*result);
    return Verdict::authenticated();
}

} // namespace sallyport::ngx
