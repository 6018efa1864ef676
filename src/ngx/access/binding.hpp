#pragma once

#include <string_view>

#include "auth/credential.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/proof.hpp"
#include "json/document.hpp"

namespace sallyport::ngx {

// A valid token, its claim "cnf" (null: none), and how it was sent.
struct SentToken {
    std::string_view compact;
    const json::Element* confirmation;
    auth::TokenScheme scheme;
};

// Most tokens have no claim "cnf", and most locations do not require it.
inline bool needs_binding_check(const Policy& policy, const SentToken& token) noexcept {
    return token.confirmation != nullptr || policy.binding == Binding::required ||
           token.scheme == auth::TokenScheme::dpop;
}

// Whether the location accepts the token from this client, who must prove to hold what the claim
// names. The client has proved to hold the private key of its TLS certificate when the connection
// was made, whether or not a CA vouches for the certificate; and it proves to hold a key with a
// DPoP proof in the request.
ProofVerdict check_binding(ngx_http_request_t* r, const Policy& policy, const SentToken& token);

} // namespace sallyport::ngx
