#pragma once

#include <string_view>

namespace sallyport {

// Why a request was refused. All layers use this enum; none translates it.
enum class Reason {
    no_credential,
    malformed_authorization,
    ambiguous_credential,
    credential_invalid,
    credential_not_yet_valid,
    credential_expired,
    credential_forbidden,
    token_too_large,
    token_malformed,
    algorithm_unsupported,
    algorithm_not_allowed,
    algorithm_mismatch,
    tenant_conflict,
    critical_header,
    key_unknown,
    signature_invalid,
    claim_malformed,
    token_expired,
    token_not_yet_valid,
    expiry_missing,
    issuer_mismatch,
    audience_mismatch,
    type_mismatch,
    token_bound,
    token_unbound,
    certificate_mismatch,
    token_revoked,
    scheme_mismatch,
    dpop_proof_missing,
    dpop_proof_malformed,
    dpop_proof_invalid,
    dpop_proof_replayed,
    dpop_nonce_needed,
    requirement_unmet,
    requirement_forbidden,
    request_forbidden,
    tenant_mismatch,
    role_missing,
    scope_missing,
    method_not_allowed,
    refresh_unknown,
    refresh_expired,
    refresh_revoked,
    refresh_reused,
    account_invalid,
    request_malformed,
    grant_unsupported,
    token_unsupported,
    revocation_unsupported,
    logout_token_invalid,
    method_unsupported,
    body_too_large,
    content_type_unsupported,
    keys_unavailable,
    lookup_failed,
    store_unavailable,
    revocations_unavailable,
    cannot_wait,
    too_busy,
    dpop_zone_full,
    revocation_zone_full,
    internal_error,
};

// How a reason appears to administrators and clients.
struct ReasonInfo {
    Reason reason;
    std::string_view name;      // in logs and in $auth_reason
    int status;                 // HTTP status code
    std::string_view challenge; // error of RFC 6750 section 3.1 or RFC 9449 section 7.1, or at an
                                // endpoint of RFC 6749 section 5.2; may be empty
    std::string_view detail;    // for the client, which learns less than the log
};

const ReasonInfo& describe(Reason reason) noexcept;

} // namespace sallyport
