#include "ngx/endpoints/holder_proof.hpp"

namespace sallyport::ngx {
namespace {

// Endpoints bind tokens to keys and not to certificates.
bool is_needed(const Policy& policy) noexcept {
    return policy.binding == Binding::required &&
           (policy.binding_kinds.dpop || !policy.binding_kinds.exist());
}

} // namespace

std::optional<Reason> HolderProof::check(ngx_http_request_t* r, const Policy& policy,
                                         const std::optional<Digest>& bound_to) {
    if (!bound_to && (policy.binding == Binding::ignored || !has_proof(r))) {
        return is_needed(policy) ? std::optional(Reason::dpop_proof_missing) : std::nullopt;
    }
    const ProofVerdict verdict = check_proof(r, policy, {.key = bound_to ? &*bound_to : nullptr});
    proof_ = verdict.proof;
    fault_ = verdict.fault;
    return verdict.refusal;
}

Verdict HolderProof::use(ngx_http_request_t* r, Waiter& waiter) {
    if (proof_ == nullptr) {
        return Verdict::authenticated();
    }
    const ProofVerdict verdict = use_proof(r, *proof_, &waiter);
    fault_ = verdict.fault;
    return verdict.is_pending ? Verdict::pending() : Verdict::refused_if(verdict.refusal);
}

std::optional<Digest> HolderProof::key() const {
    return proof_ != nullptr ? std::optional(key_of(*proof_)) : std::nullopt;
}

std::string_view HolderProof::fault() const noexcept {
    return fault_ ? describe(*fault_) : std::string_view();
}

std::string HolderProof::explanation() const {
    return fault_ ? "The proof was refused: " + std::string(fault()) + '.' : std::string();
}

} // namespace sallyport::ngx
