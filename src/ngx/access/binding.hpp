#pragma once

#include "auth/credential.hpp"
#include "jwt/verified_token.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/proof.hpp"
#include "json/document.hpp"

namespace sallyport::ngx {

// A valid token, and how it was sent.
struct SentToken {
    const jwt::VerifiedToken& token;
    auth::TokenScheme scheme;

    // The claim "cnf"; null: none.
    [[nodiscard]] const json::Element* confirmation() const noexcept {
        return token.registered_claims().confirmation;
    }
};

// Most tokens have no claim "cnf", and most locations do not require it.
inline bool needs_binding_check(const Policy& policy, const SentToken& sent) noexcept {
    return sent.confirmation() != nullptr || policy.binding == Binding::required ||
           sent.scheme == auth::TokenScheme::dpop;
}

// Whether the location accepts the token from this client, who must prove to hold what the claim
// names. The client has proved to hold the private key of its TLS certificate when the connection
// was made, whether or not a CA vouches for the certificate; and it proves to hold a key with a
// DPoP proof in the request.
ProofVerdict check_binding(ngx_http_request_t* r, const Policy& policy, const SentToken& sent);

} // namespace sallyport::ngx
