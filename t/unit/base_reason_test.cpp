#include <set>

#include "base/reason.hpp"
#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

struct Row {
    Reason reason;
    const char* name;
    int status;
    const char* challenge;
};

const Row rows[] = {
    {Reason::no_credential, "no_credential", 401, ""},
    {Reason::malformed_authorization, "malformed_authorization", 400, "invalid_request"},
    {Reason::ambiguous_credential, "ambiguous_credential", 400, "invalid_request"},
    {Reason::credential_invalid, "credential_invalid", 401, ""},
    {Reason::credential_not_yet_valid, "credential_not_yet_valid", 401, ""},
    {Reason::credential_expired, "credential_expired", 401, ""},
    {Reason::credential_forbidden, "credential_forbidden", 403, ""},
    {Reason::token_too_large, "token_too_large", 401, "invalid_token"},
    {Reason::token_malformed, "token_malformed", 401, "invalid_token"},
    {Reason::algorithm_unsupported, "algorithm_unsupported", 401, "invalid_token"},
    {Reason::algorithm_not_allowed, "algorithm_not_allowed", 401, "invalid_token"},
    {Reason::algorithm_mismatch, "algorithm_mismatch", 401, "invalid_token"},
    {Reason::tenant_conflict, "tenant_conflict", 401, "invalid_token"},
    {Reason::critical_header, "critical_header", 401, "invalid_token"},
    {Reason::key_unknown, "key_unknown", 401, "invalid_token"},
    {Reason::signature_invalid, "signature_invalid", 401, "invalid_token"},
    {Reason::claim_malformed, "claim_malformed", 401, "invalid_token"},
    {Reason::token_expired, "token_expired", 401, "invalid_token"},
    {Reason::token_not_yet_valid, "token_not_yet_valid", 401, "invalid_token"},
    {Reason::expiry_missing, "expiry_missing", 401, "invalid_token"},
    {Reason::issuer_mismatch, "issuer_mismatch", 401, "invalid_token"},
    {Reason::audience_mismatch, "audience_mismatch", 401, "invalid_token"},
    {Reason::type_mismatch, "type_mismatch", 401, "invalid_token"},
    {Reason::token_bound, "token_bound", 401, "invalid_token"},
    {Reason::token_unbound, "token_unbound", 401, "invalid_token"},
    {Reason::certificate_mismatch, "certificate_mismatch", 401, "invalid_token"},
    {Reason::token_revoked, "token_revoked", 401, "invalid_token"},
    {Reason::scheme_mismatch, "scheme_mismatch", 401, "invalid_token"},
    {Reason::dpop_proof_missing, "dpop_proof_missing", 401, "invalid_dpop_proof"},
    {Reason::dpop_proof_malformed, "dpop_proof_malformed", 400, "invalid_dpop_proof"},
    {Reason::dpop_proof_invalid, "dpop_proof_invalid", 401, "invalid_dpop_proof"},
    {Reason::dpop_proof_replayed, "dpop_proof_replayed", 401, "invalid_dpop_proof"},
    {Reason::dpop_nonce_needed, "dpop_nonce_needed", 401, "use_dpop_nonce"},
    {Reason::requirement_unmet, "requirement_unmet", 401, "invalid_token"},
    {Reason::requirement_forbidden, "requirement_forbidden", 403, "insufficient_scope"},
    {Reason::request_forbidden, "request_forbidden", 403, ""},
    {Reason::tenant_mismatch, "tenant_mismatch", 403, "insufficient_scope"},
    {Reason::scope_missing, "scope_missing", 403, "insufficient_scope"},
    {Reason::role_missing, "role_missing", 403, "insufficient_scope"},
    {Reason::method_not_allowed, "method_not_allowed", 403, "insufficient_scope"},
    {Reason::refresh_unknown, "refresh_unknown", 403, "invalid_grant"},
    {Reason::refresh_expired, "refresh_expired", 403, "invalid_grant"},
    {Reason::refresh_revoked, "refresh_revoked", 403, "invalid_grant"},
    {Reason::refresh_reused, "refresh_reused", 403, "invalid_grant"},
    {Reason::account_invalid, "account_invalid", 403, "invalid_grant"},
    {Reason::request_malformed, "request_malformed", 400, "invalid_request"},
    {Reason::grant_unsupported, "grant_unsupported", 400, "unsupported_grant_type"},
    {Reason::token_unsupported, "token_unsupported", 400, "unsupported_token_type"},
    {Reason::revocation_unsupported, "revocation_unsupported", 400, "invalid_request"},
    {Reason::logout_token_invalid, "logout_token_invalid", 400, "invalid_request"},
    {Reason::method_unsupported, "method_unsupported", 405, "invalid_request"},
    {Reason::body_too_large, "body_too_large", 413, "invalid_request"},
    {Reason::content_type_unsupported, "content_type_unsupported", 415, "invalid_request"},
    {Reason::keys_unavailable, "keys_unavailable", 503, ""},
    {Reason::lookup_failed, "lookup_failed", 503, ""},
    {Reason::store_unavailable, "store_unavailable", 503, ""},
    {Reason::revocations_unavailable, "revocations_unavailable", 503, ""},
    {Reason::cannot_wait, "cannot_wait", 503, ""},
    {Reason::too_busy, "too_busy", 503, ""},
    {Reason::dpop_zone_full, "dpop_zone_full", 503, ""},
    {Reason::revocation_zone_full, "revocation_zone_full", 507, ""},
    {Reason::internal_error, "internal_error", 500, ""},
};

void every_reason_has_its_row(Checks& checks) {
    checks.equal(static_cast<long long>(std::size(rows)),
                 static_cast<long long>(Reason::internal_error) + 1, "reasons");
    std::set<std::string_view> names;
    for (const Row& row : rows) {
        const ReasonInfo& info = describe(row.reason);
        checks.that(info.reason == row.reason, row.name);
        checks.equal(info.name, row.name, row.name);
        checks.equal(info.status, row.status, row.name);
        checks.equal(info.challenge, row.challenge, row.name);
        checks.that(!info.detail.empty(), row.name);
        names.insert(info.name);
    }
    checks.equal(static_cast<long long>(names.size()), static_cast<long long>(std::size(rows)),
                 "names");
}

void clients_learn_less_than_the_log(Checks& checks) {
    for (const Row& row : rows) {
        // RFC 9449 has errors for proofs.
        if (row.status != 401 || row.reason == Reason::no_credential ||
            std::string_view(row.challenge).find("dpop") != std::string_view::npos) {
            continue;
        }
        const char* wanted = row.reason == Reason::token_expired ? "The token has expired."
                             : std::string_view(row.challenge).empty()
                                 ? "The credential is not valid."
                                 : "The token is not valid.";
        checks.equal(describe(row.reason).detail, wanted, row.name);
    }
}

void details_of_any_method(Checks& checks) {
    checks.equal(describe(Reason::dpop_proof_invalid).detail,
                 describe(Reason::dpop_proof_replayed).detail, "proofs that are refused");
    checks.equal(describe(Reason::no_credential).detail, "A credential is needed.", "none");
    checks.equal(describe(Reason::tenant_mismatch).detail,
                 "The credential belongs to another tenant.", "tenant");
    for (const Reason reason : {Reason::credential_forbidden, Reason::requirement_forbidden}) {
        checks.equal(describe(reason).detail, "The credential does not grant this request.",
                     describe(reason).name);
    }
    checks.equal(describe(Reason::lookup_failed).detail, describe(Reason::internal_error).detail,
                 "failures of ours look alike");
    for (const Reason reason : {Reason::refresh_unknown, Reason::refresh_expired,
                                Reason::refresh_revoked, Reason::refresh_reused}) {
        checks.equal(describe(reason).detail, "The session is over.", describe(reason).name);
    }
    checks.equal(describe(Reason::store_unavailable).detail,
                 describe(Reason::internal_error).detail, "failures of ours look alike");
    checks.equal(describe(Reason::too_busy).detail, describe(Reason::internal_error).detail,
                 "failures of ours look alike");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<every_reason_has_its_row>),
        cmocka_unit_test(run<clients_learn_less_than_the_log>),
        cmocka_unit_test(run<details_of_any_method>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
