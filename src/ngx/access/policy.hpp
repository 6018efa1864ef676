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
#include "ngx/access/endpoint_info.hpp"
#include "ngx/ngx.hpp"
#include "ngx/runtime/audit_log.hpp"
#include "ngx/sources/account_file.hpp"
#include "ngx/sources/key_sources.hpp"

namespace sallyport::ngx {

class TokenPlaces;

// A tenant with keys of its own. What it does not set, the rules of the place decide.
struct Tenant {
    std::string name;
    std::optional<jwt::Names> issuers;
    std::optional<jwt::Names> audiences;
    std::optional<jwt::AlgorithmSet> algorithms;
    std::optional<ngx_msec_t> key_cache;
    std::shared_ptr<const KeySources> sources;
};

struct Tenants {
    const auth::TenantDirectory* directory; // numbers them as they stand in `all`
    std::vector<Tenant> all;
};

// How a request is refused that does not meet a requirement.
struct Unmet {
    Reason reason = Reason::requirement_unmet;
    int status = 401;
};

// auth_jwt_require, auth_require: every value must be neither empty nor "0".
struct Requirement {
    std::vector<ngx_http_complex_value_t*> values;
    Unmet otherwise;
};

// auth_jwt_require_claim, auth_jwt_require_header.
struct ClaimRequirement {
    jwt::ClaimPath path;
    jwt::ClaimOperator operation;
    std::optional<jwt::ExpectedClaim> constant;
    ngx_http_complex_value_t* json = nullptr; // where the expected value is not constant
    Unmet otherwise;
};

// The requirements of a location, by directive, in the order in which they are checked. Null: none.
struct Requirements {
    const std::vector<Requirement>* of_tokens = nullptr;
    const std::vector<ClaimRequirement>* claims = nullptr;
    const std::vector<ClaimRequirement>* headers = nullptr;
};

// auth_token_claim: a claim of issued tokens.
struct TokenClaim {
    std::string name;
    ngx_http_complex_value_t* value;
    bool is_json;
};

// A method of credential and where it is presented.
struct MethodRules {
    bool on = false;
    ngx_http_complex_value_t* realm = nullptr;
    // A place of its own, in which alone it is looked for; neither: the Authorization field.
    ngx_http_complex_value_t* token = nullptr;
    const TokenPlaces* token_places = nullptr; // what `token` reads
    std::string_view header;                   // a field name, in the memory of the configuration
    ngx_uint_t header_hash = 0;

    [[nodiscard]] bool has_own_place() const noexcept {
        return token != nullptr || !header.empty();
    }
};

// Who knows the passwords or keys of a place: a file, owned by the main configuration, or a
// location that is asked; neither: nobody.
template <typename File>
struct AccountSource {
    File* file = nullptr;
    ngx_http_complex_value_t* request = nullptr;

    [[nodiscard]] bool exists() const noexcept { return file != nullptr || request != nullptr; }
};

// What becomes of a request that proves nothing.
enum class Mode : std::uint8_t {
    enforce,  // it is refused
    optional, // it passes as nobody where nobody in particular is asked for
    observe,  // it passes, and so does every other one that would be refused
};

// The rules of one place, merged from all levels and ready for use. Immutable; places that add
// nothing of their own share the one of the level above.
struct Policy {
    std::array<MethodRules, 3> methods; // by auth::Method
    Mode mode = Mode::enforce;
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
    bool accepts_bound = false; // tokens with "cnf", as Bearer tokens
    Requirements requirements;
    auth::PrincipalClaims principal_claims;
    const auth::RoleMap* roles = nullptr; // null: a valid credential is enough
    ngx_http_complex_value_t* expected_tenant = nullptr;
    bool json_errors = false;
    bool spares_scripts = false;            // no challenge that has a browser ask for a password
    ngx_uint_t log_level = NGX_LOG_INFO;    // of refusals
    const EndpointInfo* endpoint = nullptr; // null: none
    std::shared_ptr<const auth::TokenIssuer> tokens; // null: none are issued or accepted
    bool accepts_tokens = false;                     // of that issuer
    const std::vector<TokenClaim>* token_claims = nullptr;
    const std::vector<std::string>* cors_origins = nullptr; // of an endpoint
    AuditLog audit_log;
    std::size_t metrics_label = 0; // see Metrics

    [[nodiscard]] const MethodRules& rules(auth::Method method) const noexcept {
        return methods[static_cast<std::size_t>(method)];
    }
    // Some method is switched on.
    [[nodiscard]] bool is_on() const noexcept {
        return methods[0].on || methods[1].on || methods[2].on;
    }
    // Requests are judged, unless they are of a kind that is open to all.
    [[nodiscard]] bool guards() const noexcept { return is_on() && !is_entrance(endpoint); }
    // This one is: the role map does not open its method, and it is no preflight.
    [[nodiscard]] bool guards(ngx_http_request_t* r) const noexcept;
    // What the method of a request asks for.
    [[nodiscard]] const auth::RoleRule& rule(ngx_http_request_t* r) const noexcept;
};

// The first member of a location's configuration, so that a request sees the rules alone.
struct Place {
    const Policy* policy;
};

inline const Policy* policy_of(ngx_http_request_t* r) noexcept {
    return static_cast<Place*>(ngx_http_get_module_loc_conf(r, ngx_http_sallyport_module))->policy;
}

} // namespace sallyport::ngx
