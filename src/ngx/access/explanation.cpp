#include "ngx/access/explanation.hpp"

#include <array>

#include "ngx/access/explanation_details.hpp"
#include "ngx/runtime/request.hpp"

namespace sallyport::ngx {
namespace {

using Tell = void (*)(Story&);

// A sentence about each reason, and what further sentences are about.
struct Entry {
    Reason reason;
    std::string_view sentence;
    std::array<Tell, 3> tells{};
};

using enum Reason;

constexpr auto entries = std::to_array<Entry>({
    {no_credential, "The request has no credential.", {tell_accepted}},
    {malformed_authorization,
     "The credential is malformed: it has to be a scheme, one space and the credential, without "
     "other characters.",
     {tell_accepted}},
    {ambiguous_credential,
     "The request has several credentials that differ, or a field that may occur once occurs "
     "again.",
     {tell_accepted}},
    {credential_invalid, "The user, the password or the API key is not valid.", {tell_source}},
    {credential_not_yet_valid, "The account is not valid yet.", {tell_account_times, tell_source}},
    {credential_expired, "The account has expired.", {tell_account_times, tell_source}},
    {credential_forbidden, "The lookup refused the credential.", {tell_source}},
    {token_too_large, "The token is larger than 16 KiB."},
    {token_malformed,
     "The token does not consist of three base64url segments, or one of the first two is not a "
     "JSON object.",
     {tell_header}},
    {algorithm_unsupported, "The algorithm of the token is not supported.", {tell_header}},
    {algorithm_not_allowed,
     "The algorithm of the token is not allowed here.",
     {tell_header, tell_algorithms}},
    {algorithm_mismatch,
     "The key with the token's kid does not support the token's algorithm.",
     {tell_header, tell_keys}},
    {tenant_conflict,
     "The issuer and the tenant in the token select different auth_tenant blocks."},
    {critical_header,
     "The header of the token has \"crit\" or \"b64\", which is not supported.",
     {tell_header}},
    {key_unknown, "No key source has a key for the token.", {tell_header, tell_keys}},
    {signature_invalid,
     "The signature is wrong: the token was changed, or another key with this kid signed it.",
     {tell_header, tell_keys}},
    {claim_malformed,
     "A claim has the wrong type, or characters that are not allowed: exp, nbf, iss, aud, sub, the "
     "tenant or a role.",
     {tell_header}},
    {token_expired, "The token has expired.", {tell_times, tell_issuer, tell_header}},
    {token_not_yet_valid, "The token is not valid yet.", {tell_times, tell_issuer, tell_header}},
    {expiry_missing,
     "The token has no exp, which auth_jwt_require_exp requires.",
     {tell_issuer, tell_header}},
    {issuer_mismatch, "The issuer of the token is not accepted here.", {tell_issuer, tell_header}},
    {audience_mismatch, "The token is for another audience.", {tell_audience, tell_header}},
    {type_mismatch,
     "The token is of another type, such as a refresh token or a logout token.",
     {tell_header}},
    {token_bound,
     "The token is bound to its holder (cnf) in a way that cannot be verified here. See "
     "auth_jwt_binding."},
    {token_unbound, "The token is not bound to its holder (cnf), which auth_jwt_binding requires."},
    {certificate_mismatch,
     "The client sent no TLS certificate, or not the one that the token is bound to (cnf)."},
    {token_revoked, "The token is revoked here.", {tell_revocation, tell_header}},
    {scheme_mismatch,
     "A token that is bound to a DPoP key (cnf.jkt) was sent by Bearer, or one that is not by "
     "DPoP."},
    {dpop_proof_missing,
     "The token is bound to a DPoP key (cnf.jkt), and the request has no DPoP header."},
    {dpop_proof_malformed, "The request has several DPoP headers, or one that is not a JWT."},
    {dpop_proof_invalid, "The DPoP proof is not valid.", {tell_proof}},
    {dpop_proof_replayed, "The DPoP proof was used before."},
    {dpop_nonce_needed,
     "The DPoP proof has no nonce, or not one of the last two that auth_dpop_nonce has issued."},
    {requirement_unmet, "The credential does not meet a requirement.", {tell_requirement}},
    {requirement_forbidden, "The credential does not meet a requirement.", {tell_requirement}},
    {request_forbidden, "The request does not meet a requirement.", {tell_requirement}},
    {tenant_mismatch, "The credential belongs to another tenant.", {tell_tenant}},
    {role_missing, "A required role is missing.", {tell_roles}},
    {scope_missing, "A required scope is missing.", {tell_scopes}},
    {method_not_allowed, "Nobody may use this method here.", {tell_roles, tell_scopes}},
    {refresh_unknown, "The store has no such session: it has ended, or the token was never issued "
                      "from this store."},
    {refresh_expired, "The refresh token has expired."},
    {refresh_revoked, "The session was revoked."},
    {refresh_reused,
     "The refresh token was used before. Somebody may have stolen it, so the session was revoked."},
    {account_invalid,
     "The account of the session was removed, has expired, or now belongs to somebody else."},
    {request_malformed, "A parameter is missing, repeated or malformed."},
    {grant_unsupported, "The endpoint does not support this grant_type."},
    {token_unsupported, "The endpoint cannot revoke a token of this type."},
    {revocation_unsupported, "Without auth_revocation_zone, only sessions can be revoked: a "
                             "refresh token, sid, or sub with "
                             "at most tenant_id."},
    {logout_token_invalid,
     "The token is not a logout token of OpenID Connect Back-Channel Logout, or is too old."},
    {method_unsupported, "The endpoint does not support this method."},
    {body_too_large, "The body is larger than 64 KiB."},
    {content_type_unsupported,
     "The endpoint needs application/json or application/x-www-form-urlencoded."},
    {keys_unavailable,
     "A key source cannot be read, so the token cannot be verified.",
     {tell_header, tell_keys}},
    {lookup_failed, "The lookup of the credential failed. See the error log.", {tell_source}},
    {store_unavailable, "The token store does not answer. See the error log."},
    {revocations_unavailable,
     "The list of revocations was not loaded, was not read for longer than auth_revocation_stale, "
     "or is too large for auth_revocation_zone. See the error log."},
    {cannot_wait, "The check has to wait, which is impossible in a subrequest.", {tell_source}},
    {too_busy, "Too many passwords are waiting to be verified.", {tell_source}},
    {dpop_zone_full, "auth_dpop_zone is full."},
    {revocation_zone_full, "auth_revocation_zone is full."},
    {internal_error, "The module failed. See the error log."},
});

constexpr bool is_complete() {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (static_cast<std::size_t>(entries[i].reason) != i || entries[i].sentence.empty()) {
            return false;
        }
    }
    return static_cast<std::size_t>(internal_error) + 1 == entries.size();
}

static_assert(is_complete(), "every reason has its entry, in the order of the enum");

std::string beginning(std::string_view location, Reason reason) {
    return std::string(describe(reason).name) +
           (location.empty() ? std::string(" outside of locations")
                             : " in location " + quoted(location)) +
           ": " + std::string(entries[static_cast<std::size_t>(reason)].sentence);
}

} // namespace

std::string explain(ngx_http_request_t* r, Reason reason, std::string_view details) {
    const auto* const core = static_cast<const ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    std::string text = beginning(view(core->name), reason);
    return details.empty() ? text : text + ' ' + std::string(details);
}

std::string explain(ngx_http_request_t* r, const Decision& decision) {
    const Reason reason = *decision.refusal();
    r = decision.is_of(r) ? r : r->main;
    const VariablesAside aside(r);
    Story story{r, decision, beginning(decision.location(), reason)};
    for (const Tell tell : entries[static_cast<std::size_t>(reason)].tells) {
        if (tell != nullptr) {
            tell(story);
        }
    }
    return std::move(story.text);
}

bool explains(ngx_http_request_t* r, const Policy& policy) noexcept {
    return policy.explain_to != nullptr &&
           ngx_cidr_match(r->connection->sockaddr, policy.explain_to) == NGX_OK;
}

} // namespace sallyport::ngx
