#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/reason.hpp"
#include "jwt/dpop_proof.hpp"
#include "ngx/access/policy.hpp"

namespace sallyport::ngx {

// Why the holder of a token did not prove to be it; nothing if it did. `fault` says more about
// Reason::dpop_proof_malformed and Reason::dpop_proof_invalid.
struct ProofVerdict {
    std::optional<Reason> refusal;
    std::optional<jwt::DpopFault> fault{};
};

// Checks the DPoP proof of the request for a token that is bound to a key. A proof that is accepted
// is used up, except for this request, which may be decided several times.
ProofVerdict check_proof(ngx_http_request_t* r, const Policy& policy, std::string_view token,
                         const Digest& key);

// The URI that a proof must be for, normalized; empty if the request has none. Throws if
// auth_dpop_uri is not a URI.
std::string uri_of_proof(ngx_http_request_t* r, const Policy& policy);

} // namespace sallyport::ngx
