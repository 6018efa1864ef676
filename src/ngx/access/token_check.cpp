#include "ngx/access/token_check.hpp"

#include <utility>

#include "auth/revocable_token.hpp"
#include "jwt/confirmation.hpp"
#include "jwt/token_cache.hpp"
#include "ngx/access/binding.hpp"
#include "ngx/runtime/metrics.hpp"
#include "ngx/runtime/worker.hpp"
#include "ngx/sources/revocations.hpp"

namespace sallyport::ngx {

Verdict TokenCheck::authenticate(ngx_http_request_t* r, Waiter& waiter) {
    jwt::TokenCache& cache = *worker(r)->token_cache;
    Verdict verdict = is_verified_ ? Verdict::authenticated() : parse_and_verify(r, waiter, cache);
    if (token_ && !verdict.refusal()) {
        verdict = check_use(r, waiter);
        is_verified_ = verdict.is_pending();
    }
    if (verdict.is_pending()) {
        return verdict;
    }
    if (!token_) {
        return verdict;
    }
    if (const auto reason = verdict.refusal()) {
        if (*reason == Reason::token_expired) {
            cache.erase(*token_);
        }
    } else {
        token_->keep(*principal_);
        if (token_->is_news()) {
            cache.add(*token_);
        }
    }
    return verdict;
}

// The proof is used last: the holder of a revoked token must not fill the zone, and a client may
// send its proof again if the revocations were not available.
Verdict TokenCheck::check_use(ngx_http_request_t* r, Waiter& waiter) {
    const ProofVerdict holder = check_holder(r);
    proof_fault_ = holder.fault;
    const auto reason = holder.refusal ? holder.refusal : check_all_revocations(r->connection->log);
    if (reason || holder.proof == nullptr) {
        return Verdict::refused_if(reason);
    }
    const ProofVerdict use = use_proof(r, *holder.proof, early_ ? nullptr : &waiter);
    proof_fault_ = use.fault;
    // Limits need the user before it is known whether the proof was used; the access phase waits.
    return use.is_pending && !early_ ? Verdict::pending() : Verdict::refused_if(use.refusal);
}

std::optional<Reason> TokenCheck::check_all_revocations(ngx_log_t* log) {
    const auto reason = policy_.revocation_lists.exist() ? check_lists(log) : std::nullopt;
    return reason || policy_.revocations == nullptr ? reason : check_revocations();
}

ProofVerdict TokenCheck::check_holder(ngx_http_request_t* r) {
    const SentToken sent{*token_, scheme_};
    return needs_binding_check(policy_, sent) ? check_binding(r, policy_, sent) : ProofVerdict{};
}

std::optional<double> TokenCheck::expires() const noexcept {
    const std::optional<double> expiry = token_->registered_claims().expiry;
    const bool counts = is_ours_ || policy_.claim_times.validate_exp;
    return expiry && counts
               ? std::optional(*expiry + static_cast<double>(policy_.claim_times.leeway))
               : std::nullopt;
}

bool TokenCheck::is_bound_to_key() const noexcept {
    if (!token_ || token_->registered_claims().confirmation == nullptr) {
        return false;
    }
    const auto confirmation = jwt::Confirmation::of(token_->registered_claims().confirmation);
    return confirmation && confirmation->key;
}

Verdict TokenCheck::parse_and_verify(ngx_http_request_t* r, Waiter& waiter,
                                     jwt::TokenCache& cache) {
    if (!rules_) {
        auto reason = parse(cache);
        if (presented_ && !early_) {
            count(r, presented_->is_known() ? metrics::Count::token_cache_hit
                                            : metrics::Count::token_cache_miss);
        }
        is_ours_ = !reason && names_our_issuer();
        if (is_ours_) {
            return verify_ours();
        }
        if (reason) {
            return Verdict::refused(*reason);
        }
        auto rules = choose_rules(policy_, *presented_);
        if (!rules) {
            return Verdict::refused(rules.error());
        }
        rules_.emplace(*rules);
    }
    return verify(r, waiter);
}

std::optional<Reason> TokenCheck::parse(jwt::TokenCache& cache) {
    auto presented = jwt::PresentedToken::parse(compact_, &cache);
    const bool known = presented && presented->is_known();
    if (!known && in_authorization_ && !auth::is_well_formed({auth::Method::jwt, compact_})) {
        return Reason::malformed_authorization;
    }
    if (!presented) {
        refused_kid_ = presented.error().kid;
        return presented.error().reason;
    }
    presented_.emplace(std::move(*presented));
    return std::nullopt;
}

std::string_view TokenCheck::kid() const noexcept {
    if (token_) {
        return token_->kid().value_or("");
    }
    return presented_ ? presented_->kid().value_or("") : std::string_view(refused_kid_);
}

// The issuer that the token names selects the keys.
bool TokenCheck::names_our_issuer() {
    if (!policy_.accepts_tokens) {
        return false;
    }
    const auto hints = presented_->key_hints(policy_.tokens->principal_claims().tenant());
    return hints.well_formed && hints.issuer == policy_.tokens->terms().issuer;
}

Verdict TokenCheck::verify_ours() {
    const auth::TokenIssuer& issuer = *policy_.tokens;
    const jwt::Keyset* const keys = &issuer.access_keys();
    auto verified = presented_->verify({&keys, 1}, jwt::AlgorithmSet::all());
    if (!verified) {
        return Verdict::refused(verified.error().reason);
    }
    token_ = std::move(*verified);
    presented_.reset();
    const auto reason = issuer.check_access(*token_, policy_.claim_times.leeway, ngx_time());
    auto principal = auth::TokenPrincipal::of(*token_, *policy_.own_claims);
    if (!principal) {
        return Verdict::refused(reason.value_or(principal.error()));
    }
    principal_ = std::move(*principal);
    return Verdict::refused_if(reason);
}

Verdict TokenCheck::verify(ngx_http_request_t* r, Waiter& waiter) {
    const Verdict verdict = verify_signature(r, *rules_, *presented_, waiter, early_, token_);
    if (!token_) {
        return verdict;
    }
    presented_.reset();
    return Verdict::refused_if(check_claims());
}

std::optional<Reason> TokenCheck::check_claims() {
    const auto reason = jwt::check_claims(*token_, policy_.claim_times, *rules_->issuers,
                                          *rules_->audiences, ngx_time());
    auto principal = auth::TokenPrincipal::of(*token_, policy_.principal_claims, rules_->tenant);
    if (!principal) {
        return reason ? reason : principal.error();
    }
    principal_ = std::move(*principal);
    return reason || !token_->is_no_credential() ? reason : std::optional(Reason::type_mismatch);
}

std::optional<Reason> TokenCheck::check_lists(ngx_log_t* log) {
    const std::string_view subject = principal_->principal().subject;
    revocation_ = find_revocation(policy_.revocation_lists,
                                  subject.empty() ? std::nullopt : std::optional(subject),
                                  token_->kid(), log);
    return revocation_ ? std::optional(Reason::token_revoked) : std::nullopt;
}

// The generation is read first: a change during the check makes the next request check again.
std::optional<Reason> TokenCheck::check_revocations() {
    const std::uint64_t generation = policy_.revocations->generation();
    if (principal_->checked_at() == generation) {
        return std::nullopt;
    }
    const auto reason =
        policy_.revocations->check(auth::revocable(*token_, principal_->principal()));
    if (!reason) {
        principal_->note_check(generation);
    }
    return reason;
}

} // namespace sallyport::ngx
