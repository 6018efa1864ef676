#include "ngx/conf/compile_policy.hpp"

#include <algorithm>

#include "ngx/access/cors.hpp"
#include "ngx/access/session_account.hpp"
#include "ngx/access/token_sources.hpp"
#include "ngx/conf/compile_connection_end.hpp"
#include "ngx/conf/compile_dpop.hpp"
#include "ngx/conf/compile_explain.hpp"
#include "ngx/conf/compile_keys.hpp"
#include "ngx/conf/compile_metrics.hpp"
#include "ngx/conf/compile_nested.hpp"
#include "ngx/conf/compile_resource.hpp"
#include "ngx/conf/compile_revocation.hpp"
#include "ngx/conf/compile_tokens.hpp"
#include "ngx/runtime/background.hpp"
#include "ngx/runtime/pool.hpp"

namespace sallyport::ngx {
namespace {

using auth::Method;

constexpr std::string_view default_roles_claim = "roles";
constexpr std::string_view default_tenant_claim = "tenant_id";

const auth::RoleRule credential_is_enough;

jwt::ClaimPath path_or(const jwt::ClaimPath* configured, std::string_view otherwise) {
    return configured != nullptr ? *configured : *jwt::ClaimPath::parse(otherwise);
}

// "scope" (RFC 8693 section 4.2) and "scp".
std::vector<jwt::ClaimPath> scope_claims(const LocConf& conf) {
    return conf.scope_claims != nullptr
               ? *conf.scope_claims
               : std::vector{*jwt::ClaimPath::parse("scope"), *jwt::ClaimPath::parse("scp")};
}

auth::PrincipalClaims principal_claims(const LocConf& conf) {
    return {path_or(conf.roles_claim, default_roles_claim),
            path_or(conf.tenant_claim, default_tenant_claim),
            conf.scope_map != nullptr ? scope_claims(conf) : std::vector<jwt::ClaimPath>()};
}

jwt::Names names_or_none(const jwt::Names* names) {
    return names != nullptr ? *names : jwt::Names();
}

// Tokens for another resource are refused, unless the configuration names audiences.
jwt::Names audiences_of(const LocConf& conf) {
    const bool by_resource = conf.audiences == nullptr && conf.resource != nullptr &&
                             conf.resource->audience.value_or(true);
    return by_resource ? jwt::Names{conf.resource->metadata.resource}
                       : names_or_none(conf.audiences);
}

// The metadata of resources is for pages of all origins.
bool has_cors(const EndpointInfo* endpoint) {
    return endpoint != nullptr && endpoint->kind != EndpointKind::metadata;
}

// Inherited methods do not guard an entrance, but a login uses them for passwords and keys.
bool is_on(const LocConf& conf, Method method) {
    const bool asked = !is_entrance(conf.endpoint) ||
                       (is_kind(conf.endpoint, EndpointKind::login) && method != Method::jwt);
    return asked && conf.method(method).on == 1;
}

MethodRules rules_of(const LocConf& location, Method method) {
    const MethodConf& conf = location.method(method);
    MethodRules rules;
    if (is_on(location, method)) {
        rules.on = true;
        rules.realm = conf.realm;
        rules.token = conf.token;
        rules.token_sources = conf.token_sources;
        rules.header = view(conf.header);
        rules.header_hash = ngx_hash_key_lc(conf.header.data, conf.header.len);
    }
    return rules;
}

// Adds keys and tenants. False if one of them cannot be used.
bool add_keys(ngx_conf_t* cf, const LocConf& conf, Policy& policy) {
    if (!is_on(conf, Method::jwt) && !is_kind(conf.endpoint, EndpointKind::backchannel_logout)) {
        return true;
    }
    const auto weak = conf.weak_keys == 1 ? jwt::WeakKeys::allowed : jwt::WeakKeys::refused;
    if (conf.keys != nullptr) {
        policy.sources = prepare_sources(cf, *conf.keys, weak);
    }
    if (conf.tenants != nullptr) {
        policy.tenants = prepare_tenants(cf, *conf.tenants, weak);
    }
    return (conf.keys == nullptr || policy.sources) && (conf.tenants == nullptr || policy.tenants);
}

// Loads the file on first use. False if it cannot be used.
template <typename File, typename... Format>
bool add_file(ngx_conf_t* cf, const char* directive, const AccountConf& conf,
              std::shared_ptr<File>& file, AccountSource<File>& source, Format... format) {
    source.request = conf.request;
    if (conf.file.len == 0) {
        return true;
    }
    if (!file) {
        file = std::make_shared<File>(std::string(view(conf.file)), format...);
        if (const auto error = file->load(cf->log)) {
            conf_error(cf, conf.origin, directive, '"' + file->path() + "\" " + *error);
            return false;
        }
    }
    source.file = file.get();
    main_conf(cf)->account_files.insert(file_id(file->path()));
    return has_threads && want_threads(cf);
}

bool add_accounts(ngx_conf_t* cf, const LocConf& conf, Policy& policy) {
    MainConf& main = *main_conf(cf);
    const bool plain = conf.plain_passwords == 1;
    std::shared_ptr<PasswordFile> no_passwords;
    std::shared_ptr<ApiKeyFile> no_keys;
    auto& passwords = conf.passwords.file.len > 0
                          ? main.password_files[{std::string(view(conf.passwords.file)), plain}]
                          : no_passwords;
    auto& keys = conf.api_keys.file.len > 0
                     ? main.api_key_files[std::string(view(conf.api_keys.file))]
                     : no_keys;
    const auto allowed = plain ? auth::PlainPasswords::allowed : auth::PlainPasswords::refused;
    return add_file(cf, "auth_password_file", conf.passwords, passwords, policy.passwords,
                    allowed) &&
           add_file(cf, "auth_api_key_file", conf.api_keys, keys, policy.api_keys,
                    ApiKeys::Format{});
}

// Loads the file on first use. False if it cannot be used.
bool add_list(ngx_conf_t* cf, const char* directive, const RevocationConf& conf,
              RevocationFile*& list) {
    if (conf.file.len == 0) {
        return true;
    }
    auto& file = main_conf(cf)->revocation_files[std::string(view(conf.file))];
    if (!file) {
        file = std::make_shared<RevocationFile>(std::string(view(conf.file)));
        if (const auto error = file->load(cf->log)) {
            conf_error(cf, conf.origin, directive, '"' + file->path() + "\" " + *error);
            return false;
        }
    }
    list = file.get();
    return has_threads && want_threads(cf);
}

bool add_lists(ngx_conf_t* cf, const LocConf& conf, Policy& policy) {
    return add_list(cf, "auth_jwt_revocation_list_sub", conf.revoked_subjects,
                    policy.revocation_lists.subjects) &&
           add_list(cf, "auth_jwt_revocation_list_kid", conf.revoked_kids,
                    policy.revocation_lists.kids);
}

// Null for "off", which is a constant.
ngx_http_complex_value_t* variable_or_null(ngx_http_complex_value_t* value) {
    return value != nullptr && value->lengths != nullptr ? value : nullptr;
}

// "on" and "off" are constants.
ngx_http_complex_value_t* bearer_challenge(const LocConf& conf) {
    static ngx_http_complex_value_t none{};
    ngx_http_complex_value_t* const value = conf.www_authenticate;
    if (value == nullptr || value->lengths != nullptr) {
        return value;
    }
    return view(value->value) == "on" ? nullptr : view(value->value) == "off" ? &none : value;
}

bool check_method(ngx_conf_t* cf, const LocConf& conf, Method method, const char* directive,
                  bool has_source, const char* missing) {
    if (is_on(conf, method) && !has_source) {
        conf_error(cf, conf.method(method).origin, directive, missing);
        return false;
    }
    return true;
}

bool check_forwarding(ngx_conf_t* cf, const LocConf& conf) {
    const Policy& policy = *conf.place.policy;
    const MethodRules& rules = policy.rules(Method::jwt);
    if (conf.has_own_forwarding && (!policy.is_on() || policy.endpoint != nullptr)) {
        conf_error(cf, conf.forwarding_origin, "auth_forward_credential",
                   "has no effect: no auth_jwt, auth_password or auth_api_key is switched on "
                   "here, or the location is an endpoint");
        return false;
    }
    if (policy.forwarding != Forwarding::off || !rules.on || rules.token == nullptr ||
        rules.token_sources->can_be_withheld()) {
        return true;
    }
    conf_error(cf, conf.method(Method::jwt).origin, "auth_jwt",
               "reads the token from a variable that \"auth_forward_credential off\" cannot "
               "withhold: only $http_NAME and $cookie_NAME can be withheld");
    return false;
}

bool decides(const Policy& policy) noexcept {
    return policy.guards() || policy.requirements.of_requests != nullptr;
}

std::array<MethodRules, 3> methods_of(const LocConf& conf) {
    return {rules_of(conf, Method::jwt), rules_of(conf, Method::password),
            rules_of(conf, Method::api_key)};
}

bool are_constant(const std::vector<ClaimRequirement>* requirements) noexcept {
    return requirements == nullptr ||
           std::all_of(requirements->begin(), requirements->end(),
                       [](const auto& requirement) { return requirement.constant != nullptr; });
}

Requirements requirements_of(const LocConf& conf) noexcept {
    return {conf.requirements, conf.claim_requirements, conf.header_requirements,
            conf.request_requirements,
            are_constant(conf.claim_requirements) && are_constant(conf.header_requirements)};
}

// What is not in a slot is added by compile_policy().
Policy policy_of_slots(ngx_conf_t* cf, const LocConf& conf) {
    return {
        .methods = methods_of(conf),
        .mode = static_cast<Mode>(conf.mode),
        .phase = static_cast<Phase>(conf.phase),
        .passwords = {}, // see add_accounts
        .api_keys = {},
        .credential_cache = conf.credential_cache,
        .sources = nullptr, // see add_keys
        .tenants = nullptr,
        .key_times = {conf.key_cache, conf.key_stale},
        .algorithms = jwt::AlgorithmSet::from_bits(static_cast<std::uint32_t>(conf.algorithms)),
        .issuers = names_or_none(conf.issuers),
        .audiences = audiences_of(conf),
        .claim_times = {conf.leeway, conf.require_exp == 1, conf.validate_exp == 1},
        .binding = static_cast<Binding>(conf.binding & ~(binding_mtls | binding_dpop)),
        .binding_kinds = {(conf.binding & binding_mtls) != 0, (conf.binding & binding_dpop) != 0},
        .client_certificate = variable_or_null(conf.client_certificate),
        .dpop = dpop_rules(conf),
        .bearer_challenge = bearer_challenge(conf),
        .revocation_lists = {}, // see add_lists
        .requirements = requirements_of(conf),
        .principal_claims = principal_claims(conf),
        .own_claims = std::nullopt, // see add_tokens
        .scope_claims = scope_claims(conf),
        .roles = conf.role_map,
        .scopes = conf.scope_map,
        .expected_tenant = conf.expected_tenant,
        .json_errors = conf.error_body == error_body_json || conf.endpoint != nullptr,
        .explain_to = conf.explain_to != nullptr ? conf.explain_to->addresses : nullptr,
        .spares_scripts = conf.password_challenge == password_challenge_browser,
        .log_level = conf.log_level,
        .forwarding = static_cast<Forwarding>(conf.forward_credential),
        .ended_connections = static_cast<EndedConnections>(conf.connection_end),
        .endpoint = conf.endpoint,
        .tokens = nullptr, // see add_tokens
        .cors_origins = has_cors(conf.endpoint) ? conf.cors_origins : nullptr,
        .audit_log = {conf.audit.file, main_conf(cf)->request_id},
    };
}

} // namespace

const Policy* compile_policy(ngx_conf_t* cf, const LocConf& conf) {
    Policy policy = policy_of_slots(cf, conf);
    if (policy.forwarding != Forwarding::unset && policy.forwarding != Forwarding::on) {
        main_conf(cf)->withholds_credentials = true;
    }
    policy.token_claims = conf.tokens.claims;
    const bool good = add_keys(cf, conf, policy) && add_accounts(cf, conf, policy) &&
                      add_lists(cf, conf, policy) && add_revocations(cf, conf, policy) &&
                      add_nested_names(cf, conf, policy) && add_tokens(cf, conf, policy);
    add_resource(cf, conf, policy);
    note_proofs(cf, policy);
    note_lifetimes(cf, policy);
    note_connection_end(cf, policy);
    policy.metrics_label = decides(policy) ? metrics_label(cf, conf) : 0;
    return good ? make<Policy>(cf->pool, std::move(policy)) : nullptr;
}

bool check_location(ngx_conf_t* cf, const LocConf& conf) {
    const Policy& policy = *conf.place.policy;
    if (!check_method(cf, conf, Method::jwt, "auth_jwt",
                      policy.sources || policy.tenants || conf.tokens.accept.on == 1,
                      "has no keys here: add auth_jwt_key, auth_jwt_key_file, "
                      "auth_jwt_key_request, auth_tenant or auth_token_accept") ||
        !check_method(cf, conf, Method::password, "auth_password", policy.passwords.exists(),
                      "has no passwords here: add auth_password_file or auth_password_request") ||
        !check_method(cf, conf, Method::api_key, "auth_api_key", policy.api_keys.exists(),
                      "has no keys here: add auth_api_key_file or auth_api_key_request")) {
        return false;
    }
    if (!policy.is_on() && conf.has_own_role_map) {
        conf_error(cf, conf.role_map_origin, "auth_role_map",
                   "has no effect: no auth_jwt, auth_password or auth_api_key is switched on "
                   "here");
        return false;
    }
    if (!is_on(conf, Method::jwt) && conf.has_own_scope_map) {
        conf_error(cf, conf.scope_map_origin, "auth_scope_map",
                   "has no effect: auth_jwt is not switched on here, and only tokens have scopes");
        return false;
    }
    note_explaining(cf, conf);
    return check_forwarding(cf, conf) && check_connection_end(cf, conf) &&
           check_endpoint(cf, conf) && check_proof_rules(cf, conf);
}

bool Policy::guards(ngx_http_request_t* r) const noexcept {
    return guards() && rule(r).kind != auth::RoleRule::Kind::open && !is_preflight(r, *this);
}

const auth::RoleRule& Policy::rule(ngx_http_request_t* r) const noexcept {
    return roles != nullptr ? roles->rule(view(r->method_name)) : credential_is_enough;
}

} // namespace sallyport::ngx
