#include "base/reason.hpp"

#include <array>
#include <cstddef>

namespace sallyport {
namespace {

constexpr std::string_view invalid_request = "invalid_request";
constexpr std::string_view invalid_token = "invalid_token";
constexpr std::string_view insufficient_scope = "insufficient_scope";
constexpr std::string_view invalid_dpop_proof = "invalid_dpop_proof";
constexpr std::string_view use_dpop_nonce = "use_dpop_nonce";

constexpr std::string_view invalid_grant = "invalid_grant";

constexpr std::string_view not_valid = "The token is not valid.";
constexpr std::string_view no_proof = "The DPoP proof is not valid.";
constexpr std::string_view not_accepted = "The credential is not valid.";
constexpr std::string_view session_over = "The session is over.";
constexpr std::string_view not_granted = "The credential does not grant this request.";
constexpr std::string_view try_later = "The request cannot be processed at the moment.";

using enum Reason;

constexpr auto table = std::to_array<ReasonInfo>({
    {no_credential, "no_credential", 401, "", "A credential is needed."},
    {malformed_authorization, "malformed_authorization", 400, invalid_request,
     "The Authorization header is malformed."},
    {ambiguous_credential, "ambiguous_credential", 400, invalid_request,
     "The request carries more than one credential."},
    {credential_invalid, "credential_invalid", 401, "", not_accepted},
    {credential_not_yet_valid, "credential_not_yet_valid", 401, "", not_accepted},
    {credential_expired, "credential_expired", 401, "", not_accepted},
    {credential_forbidden, "credential_forbidden", 403, "", not_granted},
    {token_too_large, "token_too_large", 401, invalid_token, not_valid},
    {token_malformed, "token_malformed", 401, invalid_token, not_valid},
    {algorithm_unsupported, "algorithm_unsupported", 401, invalid_token, not_valid},
    {algorithm_not_allowed, "algorithm_not_allowed", 401, invalid_token, not_valid},
    {algorithm_mismatch, "algorithm_mismatch", 401, invalid_token, not_valid},
    {tenant_conflict, "tenant_conflict", 401, invalid_token, not_valid},
    {critical_header, "critical_header", 401, invalid_token, not_valid},
    {key_unknown, "key_unknown", 401, invalid_token, not_valid},
    {signature_invalid, "signature_invalid", 401, invalid_token, not_valid},
    {claim_malformed, "claim_malformed", 401, invalid_token, not_valid},
    {token_expired, "token_expired", 401, invalid_token, "The token has expired."},
    {token_not_yet_valid, "token_not_yet_valid", 401, invalid_token, not_valid},
    {expiry_missing, "expiry_missing", 401, invalid_token, not_valid},
    {issuer_mismatch, "issuer_mismatch", 401, invalid_token, not_valid},
    {audience_mismatch, "audience_mismatch", 401, invalid_token, not_valid},
    {type_mismatch, "type_mismatch", 401, invalid_token, not_valid},
    {token_bound, "token_bound", 401, invalid_token, not_valid},
    {token_unbound, "token_unbound", 401, invalid_token, not_valid},
    {certificate_mismatch, "certificate_mismatch", 401, invalid_token, not_valid},
    {token_revoked, "token_revoked", 401, invalid_token, not_valid},
    {scheme_mismatch, "scheme_mismatch", 401, invalid_token, not_valid},
    {dpop_proof_missing, "dpop_proof_missing", 401, invalid_dpop_proof, "A DPoP proof is needed."},
    {dpop_proof_malformed, "dpop_proof_malformed", 400, invalid_dpop_proof,
     "The DPoP header is malformed."},
    {dpop_proof_invalid, "dpop_proof_invalid", 401, invalid_dpop_proof, no_proof},
    {dpop_proof_replayed, "dpop_proof_replayed", 401, invalid_dpop_proof, no_proof},
    {dpop_nonce_needed, "dpop_nonce_needed", 401, use_dpop_nonce,
     "The DPoP proof needs the current nonce."},
    {requirement_unmet, "requirement_unmet", 401, invalid_token, not_valid},
    {requirement_forbidden, "requirement_forbidden", 403, insufficient_scope, not_granted},
    {request_forbidden, "request_forbidden", 403, "", "The request is not allowed."},
    {tenant_mismatch, "tenant_mismatch", 403, insufficient_scope,
     "The credential belongs to another tenant."},
    {role_missing, "role_missing", 403, insufficient_scope, "A required role is missing."},
    {scope_missing, "scope_missing", 403, insufficient_scope, "A required scope is missing."},
    {method_not_allowed, "method_not_allowed", 403, insufficient_scope,
     "The method is not allowed here."},
    {refresh_unknown, "refresh_unknown", 403, invalid_grant, session_over},
    {refresh_expired, "refresh_expired", 403, invalid_grant, session_over},
    {refresh_revoked, "refresh_revoked", 403, invalid_grant, session_over},
    {refresh_reused, "refresh_reused", 403, invalid_grant, session_over},
    {account_invalid, "account_invalid", 403, invalid_grant, session_over},
    {request_malformed, "request_malformed", 400, invalid_request,
     "A required parameter is missing, repeated or malformed."},
    {grant_unsupported, "grant_unsupported", 400, "unsupported_grant_type",
     "The grant type is not supported."},
    {token_unsupported, "token_unsupported", 400, "unsupported_token_type",
     "A token of this type cannot be revoked."},
    {revocation_unsupported, "revocation_unsupported", 400, invalid_request,
     "Only sessions, by sid or sub, can be revoked here."},
    {logout_token_invalid, "logout_token_invalid", 400, invalid_request,
     "The logout token is not valid."},
    {method_unsupported, "method_unsupported", 405, invalid_request,
     "The method is not supported."},
    {body_too_large, "body_too_large", 413, invalid_request, "The body is larger than 64 KiB."},
    {content_type_unsupported, "content_type_unsupported", 415, invalid_request,
     "The content type is not supported."},
    {keys_unavailable, "keys_unavailable", 503, "", try_later},
    {lookup_failed, "lookup_failed", 503, "", try_later},
    {store_unavailable, "store_unavailable", 503, "", try_later},
    {revocations_unavailable, "revocations_unavailable", 503, "", try_later},
    {cannot_wait, "cannot_wait", 503, "", try_later},
    {too_busy, "too_busy", 503, "", try_later},
    {dpop_zone_full, "dpop_zone_full", 503, "", try_later},
    {revocation_zone_full, "revocation_zone_full", 507, "",
     "There is no room for another revocation."},
    {internal_error, "internal_error", 500, "", try_later},
});

constexpr bool complete() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].reason) != i || table[i].name.empty()) {
            return false;
        }
    }
    return static_cast<std::size_t>(Reason::internal_error) + 1 == table.size();
}

static_assert(complete(), "every reason has its row, in the order of the enum");

} // namespace

const ReasonInfo& describe(Reason reason) noexcept {
    return table[static_cast<std::size_t>(reason)];
}

} // namespace sallyport
