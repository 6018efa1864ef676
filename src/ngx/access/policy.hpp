#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/method.hpp"
#include "auth/principal.hpp"
#include "auth/role_map.hpp"
#include "auth/tenant_directory.hpp"
#include "auth/token_issuer.hpp"
#include "jwt/claim_path.hpp"
#include "jwt/claim_requirement.hpp"
#include "jwt/claims.hpp"
#include "jwt/fetch_plan.hpp"
#include "jwt/nested_names.hpp"
#include "ngx/access/endpoint_info.hpp"
#include "ngx/access/revocation_lists.hpp"
#include "ngx/ngx.hpp"
#include "ngx/runtime/audit_log.hpp"
#include "ngx/runtime/origin.hpp"
#include "ngx/sources/account_file.hpp"
#include "ngx/sources/key_sources.hpp"

namespace sallyport::ngx {

class Revocations;
class TokenSources;
class ResourceDocuments;

// A tenant with keys of its own. What it does not set, the rules of the location decide.
struct Tenant {
    std::string name;
    std::optional<jwt::Names> issuers;
    std::optional<jwt::Names> audiences;
    std::optional<jwt::AlgorithmSet> algorithms;
    std::optional<ngx_msec_t> key_cache;
    std::shared_ptr<const KeySources> sources;
};

struct Tenants {
    const auth::TenantDirectory* directory; // its indices are those of `all`
    std::vector<Tenant> all;
};

// How a request is refused that does not meet a requirement, and what its explanation says.
struct Unmet {
    Reason reason = Reason::requirement_unmet;
    int status = 401;
    std::string rule{};                    // as configured
    std::optional<jwt::ClaimPath> claim{}; // what the rule is about
    bool is_about_header = false;          // and not about the payload
    bool is_of_every_request = false;      // even if it needs no credential: auth_require
};

// auth_jwt_require, auth_require: every value must be neither empty nor "0".
struct Requirement {
    std::vector<ngx_http_complex_value_t*> values;
    Unmet otherwise;
};

// auth_jwt_require_claim, auth_jwt_require_header.
struct ClaimRequirement {
    std::string name;
    Origin origin;
    jwt::ClaimPath path; // that the name means
    jwt::ClaimOperator operation;
    std::shared_ptr<const jwt::ExpectedClaim> constant;
    ngx_http_complex_value_t* json = nullptr; // where the expected value is not constant
    Unmet otherwise;
};

// The requirements of a location, by directive, in the order in which they are checked. Null: none.
struct Requirements {
    const std::vector<Requirement>* of_tokens = nullptr;
    const std::vector<ClaimRequirement>* claims = nullptr;
    const std::vector<ClaimRequirement>* headers = nullptr;
    const std::vector<Requirement>* of_requests = nullptr;
    // Of claims and headers: whether a token meets them depends on nothing but the token.
    bool are_constant = true;

    [[nodiscard]] bool exist() const noexcept {
        return of_tokens != nullptr || claims != nullptr || headers != nullptr ||
               of_requests != nullptr;
    }
};

// auth_token_claim: a claim of issued tokens.
struct TokenClaim {
    std::string name;
    ngx_http_complex_value_t* value;
    bool is_json;
};

// A kind of credential and where clients present it.
struct MethodRules {
    bool on = false;
    ngx_http_complex_value_t* realm = nullptr;
    // Where it is read from: a value with variables, a header field, or else Authorization.
    ngx_http_complex_value_t* token = nullptr;
    const TokenSources* token_sources = nullptr; // what `token` reads
    std::string_view header;                     // a field name, in the memory of the configuration
    ngx_uint_t header_hash = 0;

    [[nodiscard]] bool is_read_elsewhere() const noexcept {
        return token != nullptr || !header.empty();
    }
};

// The passwords or API keys of a location: a file, owned by the main configuration, or another
// location that looks them up; or neither.
template <typename File>
struct AccountSource {
    File* file = nullptr;
    ngx_http_complex_value_t* request = nullptr;

    [[nodiscard]] bool exists() const noexcept { return file != nullptr || request != nullptr; }
};

// What happens to a request without a valid credential.
enum class Mode : std::uint8_t {
    enforce,  // it is refused
    optional, // without any credential it passes anonymously, if no role is required
    observe,  // it passes, and the refusal is only logged, as every other refusal is
};

// The phase of nginx in which the decision is made.
enum class Phase : std::uint8_t {
    access,    // of main requests only, and "satisfy" applies
    preaccess, // also of subrequests, whatever "satisfy" says
};

// Tokens that are bound to their holder ("cnf"), and those that are not.
enum class Binding : std::uint8_t {
    optional, // a bound token needs the proof of its holder
    ignored,  // a bound token is accepted as an ordinary one
    required, // only bound tokens are accepted, with the proof
};

// How a token may be bound. None is named: in any way that can be verified.
struct BindingKinds {
    bool mtls = false;
    bool dpop = false;

    [[nodiscard]] bool exist() const noexcept { return mtls || dpop; }
};

// auth_dpop_*: what the proofs of a location have to be.
struct DpopRules {
    ngx_http_complex_value_t* uri = nullptr; // null: that of the request
    std::int64_t window = 0;                 // seconds
    std::int64_t nonce = 0;                  // the seconds of a slot; 0: no nonce is needed
    jwt::AlgorithmSet algorithms{};
    std::string algorithm_names{}; // separated by spaces
};

// What upstreams get of the credential.
enum class Forwarding : std::uint8_t {
    unset, // everything, unless the request comes from a location that withholds
    on,
    off,    // nothing
    bearer, // a token with the scheme Bearer, and no DPoP proof
};

// The open connections that end when the credential that admitted them expires or is revoked.
enum class EndedConnections : std::uint8_t {
    unset,   // as in the location that admitted the request
    none,    // off
    upgrade, // those that were upgraded to another protocol
    stream,  // and those with responses without Content-Length
};

// The rules of one location, merged from all levels and compiled. Immutable. Locations without
// directives of ours share the policy of the level above.
struct Policy {
    std::array<MethodRules, 3> methods; // by auth::Method
    Mode mode = Mode::enforce;
    Phase phase = Phase::access;
    AccountSource<PasswordFile> passwords;
    AccountSource<ApiKeyFile> api_keys;
    ngx_msec_t credential_cache = 0;
    std::shared_ptr<const KeySources> sources; // null: none
    std::shared_ptr<const Tenants> tenants;    // null: none
    jwt::FetchPlan::Times key_times;
    jwt::AlgorithmSet algorithms;
    jwt::Names issuers;
    jwt::Names audiences;
    jwt::TimeRules claim_times;
    Binding binding = Binding::optional;
    BindingKinds binding_kinds;
    ngx_http_complex_value_t* client_certificate = nullptr; // null: that of the TLS connection
    DpopRules dpop;
    // Replaces the Bearer challenge of 401 and 403. Null: the standard one; empty: none is sent.
    ngx_http_complex_value_t* bearer_challenge = nullptr;
    RevocationLists revocation_lists;
    Revocations* revocations = nullptr; // null: not checked
    Requirements requirements;
    const jwt::NestedNames* nested_names = nullptr; // how names are read; null: as they are
    auth::PrincipalClaims principal_claims;
    std::optional<auth::PrincipalClaims> own_claims; // of tokens that we issued, if accepted
    std::vector<jwt::ClaimPath> scope_claims;
    const auth::RoleMap* roles = nullptr;  // null: a valid credential is enough
    const auth::RoleMap* scopes = nullptr; // null: no scope is needed
    ngx_http_complex_value_t* expected_tenant = nullptr;
    bool json_errors = false;
    ngx_array_t* explain_to = nullptr;   // of ngx_cidr_t; null: to nobody
    bool spares_scripts = false;         // no challenge that makes a browser ask for a password
    ngx_uint_t log_level = NGX_LOG_INFO; // of refusals
    Forwarding forwarding = Forwarding::unset;
    EndedConnections ended_connections = EndedConnections::unset;
    const EndpointInfo* endpoint = nullptr;          // null: none
    std::shared_ptr<const auth::TokenIssuer> tokens; // null: none are issued or accepted
    bool accepts_tokens = false;                     // of that issuer
    const std::vector<TokenClaim>* token_claims = nullptr;
    const std::vector<std::string>* cors_origins = nullptr; // of an endpoint
    // Where the metadata of the resource is, in the memory of the configuration. Empty: unknown.
    std::string_view metadata_uri{};
    const ResourceDocuments* documents = nullptr; // of the server, for the endpoint metadata
    AuditLog audit_log;
    std::size_t metrics_label = 0; // see Metrics

    [[nodiscard]] const MethodRules& rules(auth::Method method) const noexcept {
        return methods[static_cast<std::size_t>(method)];
    }
    // Some method is enabled.
    [[nodiscard]] bool is_on() const noexcept {
        return methods[0].on || methods[1].on || methods[2].on;
    }
    // Requests need a credential, except those that are public.
    [[nodiscard]] bool guards() const noexcept { return is_on() && !is_entrance(endpoint); }
    // This request needs one: the role map does not make its method public, and it is no preflight.
    [[nodiscard]] bool guards(ngx_http_request_t* r) const noexcept;
    // The location may have to verify DPoP proofs: of tokens that open it, or for new tokens.
    [[nodiscard]] bool verifies_proofs() const noexcept {
        // A refresh token that is bound stays bound.
        return is_kind(endpoint, EndpointKind::refresh) ||
               (binding != Binding::ignored && (is_kind(endpoint, EndpointKind::login) ||
                                                (guards() && rules(auth::Method::jwt).on)));
    }
    // The rule of the role map for the request's method.
    [[nodiscard]] const auth::RoleRule& rule(ngx_http_request_t* r) const noexcept;
};

// The first member of a location's configuration, so that a request sees only the policy.
struct Place {
    const Policy* policy;
};

inline const Policy* policy_of(ngx_http_request_t* r) noexcept {
    return static_cast<Place*>(ngx_http_get_module_loc_conf(r, ngx_http_sallyport_module))->policy;
}

} // namespace sallyport::ngx
