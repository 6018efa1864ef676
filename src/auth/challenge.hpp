#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/credential.hpp"
#include "auth/method.hpp"
#include "base/reason.hpp"

namespace sallyport::auth {

// The value of a WWW-Authenticate field (RFC 9110 section 11.6.1): Bearer (RFC 6750 section 3),
// Basic (RFC 7617 section 2) or Api-Key. `presented` is the method of the rejected credential, if
// there was one. Empty if another credential would not help the client: for our own failures, and
// for refusals by another method.
// `scope`: the scopes that the request needs (RFC 6750 section 3). A 401 and the refusal for a
// missing scope name them. Empty: none.
// `metadata_uri`: where the metadata of the resource is (RFC 9728 section 5.1). Empty: unknown.
std::string challenge(Method method, std::string_view realm, Reason reason,
                      std::optional<Method> presented, std::string_view scope = {},
                      std::string_view metadata_uri = {});

// The challenge of a scheme for tokens.
struct TokenChallenge {
    TokenScheme scheme;
    std::string_view realm;
    Reason reason;
    bool has_error; // the refused credential was sent by this scheme
    std::string_view scope{};
    std::string_view algorithms{}; // of DPoP proofs, separated by spaces
    std::string_view metadata_uri{};
};
// Bearer, or DPoP (RFC 9449 section 7.1). Empty if there is nothing to tell the client.
std::string token_challenge(const TokenChallenge& about);

// Whether a DPoP proof was refused, and not the token.
bool is_about_proof(Reason reason) noexcept;

// A problem details object (RFC 9457) with what a client may know about the reason. `status` is
// that of the response, which may differ from the reason's own. `explanation` is text for
// administrators, in printable ASCII; empty: none.
std::string problem_json(Reason reason, int status, std::string_view explanation = {});
inline std::string problem_json(Reason reason) {
    return problem_json(reason, describe(reason).status);
}

// An HTML page with the explanation.
std::string problem_html(int status, std::string_view explanation);

} // namespace sallyport::auth
