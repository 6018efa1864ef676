#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/reason.hpp"
#include "jwt/dpop_proof.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

struct VerifiedProof; // lives in the pool of a request

// Why the holder of a token did not prove to be it; nothing if it did. `fault` says more about
// Reason::dpop_proof_malformed and Reason::dpop_proof_invalid. `proof` is what use_proof() has to
// be called with; null if there is none.
struct ProofVerdict {
    std::optional<Reason> refusal{};
    std::optional<jwt::DpopFault> fault{};
    VerifiedProof* proof = nullptr;
    bool is_pending = false; // see use_proof()
};

// What a proof has to be for.
struct ProofSubject {
    const Digest* token = nullptr; // the digest of the token; null in a request for tokens
    const Digest* key = nullptr;   // the thumbprint of the key; null: any key
};

// Checks the DPoP proof of the request, except whether it was used before.
ProofVerdict check_proof(ngx_http_request_t* r, const Policy& policy, const ProofSubject& subject);

// Whether the request has a DPoP field.
bool has_proof(ngx_http_request_t* r);

// The thumbprint of the key of a proof.
const Digest& key_of(const VerifiedProof& verified) noexcept;

// Uses up a proof, except for this request, which may be decided several times. To be called last,
// once the token is accepted: a refused token must not take memory in the zone. Pending if the
// token store has to be asked; the waiter, unless it is null, then waits for it.
ProofVerdict use_proof(ngx_http_request_t* r, VerifiedProof& verified, Waiter* waiter);

// Sets the DPoP-Nonce field of an answer to a proof that needs a new nonce, and forbids caching it
// (RFC 9449 section 8.2). Where nonces are needed, removes that of an upstream from any answer.
void add_nonce_field(ngx_http_request_t* r);

// The URI that a proof must be for, normalized; empty if the request has none. Throws if
// auth_dpop_uri is not a URI.
std::string uri_of_proof(ngx_http_request_t* r, const Policy& policy);

} // namespace sallyport::ngx
