#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auth/resource_metadata.hpp"
#include "auth/role_map.hpp"
#include "auth/tenant_directory.hpp"
#include "auth/token_issuer.hpp"
#include "jwt/claims.hpp"
#include "jwt/key.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/slow_hashes.hpp"
#include "ngx/endpoints/metadata.hpp"
#include "ngx/endpoints/store_setup.hpp"
#include "ngx/ngx.hpp"
#include "ngx/runtime/origin.hpp"
#include "ngx/runtime/worker.hpp"
#include "ngx/sources/account_file.hpp"
#include "ngx/sources/key_file.hpp"

namespace sallyport::ngx {

// The key sets that one level of the configuration, or one tenant, names. They replace those of
// outer levels.
struct KeyDirectives {
    struct Direct {
        jwt::Key key;
        Origin origin;
    };
    struct Named {
        ngx_http_complex_value_t* name;
        jwt::KeysetFormat format;
        Origin origin;
    };
    std::vector<Direct> keys;
    std::vector<Named> files;
    std::vector<Named> requests;
    // The merged sources, without and with auth_jwt_weak_keys. Inner levels share them.
    std::shared_ptr<const KeySources> strong_only;
    std::shared_ptr<const KeySources> with_weak;
};

// The auth_tenant blocks of one level; they replace those of outer levels.
struct TenantDirectives {
    struct Block {
        std::string name;
        jwt::Names issuers;
        jwt::Names audiences;
        jwt::AlgorithmSet algorithms;
        std::optional<ngx_msec_t> key_cache;
        KeyDirectives keys;
    };
    auth::TenantDirectory directory;
    std::deque<Block> blocks;
    // The merged tenants, likewise.
    std::shared_ptr<const Tenants> strong_only;
    std::shared_ptr<const Tenants> with_weak;
};

// The slots of a method's directive.
struct MethodConf {
    ngx_flag_t on;
    ngx_http_complex_value_t* realm;
    ngx_http_complex_value_t* token;
    TokenSources* token_sources;
    ngx_str_t header;
    Origin origin;
};

// The source of passwords or keys of one level. Replaces that of outer levels.
struct AccountConf {
    ngx_str_t file;
    ngx_http_complex_value_t* request;
    Origin origin;
};

// auth_jwt_revocation_list_*. The file is empty for "off".
struct RevocationConf {
    ngx_flag_t on;
    ngx_str_t file;
    Origin origin;
};

// auth_jwt_allow_nested.
struct NestedConf {
    std::optional<jwt::NestedNames> names; // none for "off"
    bool checked = false;                  // with the names of all variables
};

// auth_jwt_claim_set, auth_jwt_header_set.
struct TokenVariable {
    const char* directive;
    const jwt::MemberNames* member;
    Origin origin;
};

// auth_token_accept, auth_revocation.
struct SwitchConf {
    ngx_flag_t on;
    Origin origin;
};

// auth_audit_log.
struct AuditConf {
    ngx_flag_t on;
    ngx_open_file_t* file; // null: off
};

// The signing keys of one level for one type of tokens. They replace those of outer levels.
struct SigningDirectives {
    std::shared_ptr<auth::SigningKeys> keys = std::make_shared<auth::SigningKeys>();
    Origin origin;
};

// The slots of auth_token_*.
struct TokenConf {
    SigningDirectives* access_keys;
    SigningDirectives* refresh_keys;
    ngx_str_t issuer;
    jwt::Names* audiences;
    std::vector<TokenClaim>* claims;
    time_t ttl;
    time_t refresh_ttl;
    time_t session_max;
    time_t reuse_window;
    SwitchConf accept;
};

struct LocConf;

// auth_resource.
struct ResourceConf {
    const LocConf* level = nullptr; // that has the directive
    Origin origin{};
    auth::ResourceMetadata metadata{}; // as configured
    std::string metadata_uri{};
    std::optional<bool> audience{};
    bool is_used = false; // by a location that checks tokens
};

// The protected resources of one server.
struct ServerResources {
    // A location with auth_endpoint metadata.
    struct Entrance {
        std::string_view location;
        bool is_exact;
        Origin origin;
    };
    std::vector<ResourceConf*> all;
    std::vector<Entrance> entrances;
    ResourceDocuments documents;
};

constexpr std::size_t default_token_cache_bytes = 16 << 20;

// The slots from which an issuer of tokens was created.
using TokenIssuerKey =
    std::tuple<const SigningDirectives*, const SigningDirectives*, std::string_view,
               const jwt::Names*, time_t, time_t, time_t, time_t>;

// The configuration of the http block, a C++ object in the cycle's pool. nginx stores it as its
// Worker.
struct MainConf : Worker {
    MainConf();

    std::unordered_map<KeyFileSpec, std::shared_ptr<KeyFile>, KeyFileSpec::Hash> key_files;
    // By path, and by auth_password_plain.
    std::map<std::pair<std::string, bool>, std::shared_ptr<PasswordFile>> password_files;
    std::map<std::string, std::shared_ptr<ApiKeyFile>> api_key_files;
    std::map<std::string, std::shared_ptr<RevocationFile>> revocation_files;
    bool token_cache_is_set = false;
    bool verifies_proofs = false;       // some location may have to
    std::optional<Origin> proof_zone{}; // of auth_dpop_zone
    std::optional<Secret> nonce_key{};
    Origin nonce_key_origin{};
    bool has_own_thread_pool = false;
    std::size_t slow_hash_queue = SlowHashes::default_queue_limit;
    std::map<TokenIssuerKey, std::shared_ptr<const auth::TokenIssuer>> token_issuers;
    StoreSetup store;
    ngx_http_complex_value_t* request_id = nullptr; // of audit logs
    std::optional<Origin> metrics_label;            // of the first one
    Origin revocation_zone{};
    Origin revocation_file{};
    std::optional<std::chrono::milliseconds> revocation_stale{};
    Origin revocation_stale_origin{};
    std::optional<Origin> revocation_keep_origin{};
    // Locations with auth_endpoint status that no method of ours protects.
    std::vector<std::pair<void**, Origin>> open_status;
    // Locations with auth_connection_end that no method of ours protects.
    std::vector<std::pair<void**, Origin>> unguarded_ends;
    // Locations that explain refusals to loopback addresses.
    std::vector<std::pair<void**, Origin>> explaining_to_loopback;
    std::vector<TokenVariable> token_variables;
    std::vector<LocConf*> with_keys;                  // the levels that name keys or tenants
    std::map<const void*, ServerResources> resources; // by nginx's configuration of the server
};

// auth_explain: the addresses whose refusals are explained. Empty for "off".
struct ExplainTo {
    ngx_array_t* addresses; // of ngx_cidr_t
    Origin origin;
    bool has_loopback = false;
};

// The configuration of one level: slots for nginx's setters, listed in slots.hpp, and the policy
// that was merged from them.
struct LocConf {
    Place place;
    MethodConf methods[3]; // by auth::Method
    ngx_uint_t mode;       // a Mode
    ngx_uint_t phase;      // a Phase
    AccountConf passwords;
    ngx_flag_t plain_passwords;
    ngx_uint_t password_challenge; // a PasswordChallenge
    AccountConf api_keys;
    ngx_msec_t credential_cache;
    KeyDirectives* keys;
    ngx_msec_t key_cache;
    ngx_msec_t key_stale;
    TenantDirectives* tenants;
    ngx_uint_t algorithms; // bits of an AlgorithmSet
    ngx_flag_t weak_keys;
    jwt::Names* issuers;
    jwt::Names* audiences;
    time_t leeway;
    ngx_flag_t require_exp;
    ngx_flag_t validate_exp;
    ngx_flag_t validate_sig;
    ngx_uint_t binding; // a Binding, and binding_*
    ngx_http_complex_value_t* client_certificate;
    ngx_http_complex_value_t* dpop_uri;
    time_t dpop_window;
    time_t dpop_nonce;          // 0: off
    ngx_uint_t dpop_algorithms; // bits of an AlgorithmSet
    ngx_http_complex_value_t* www_authenticate;
    RevocationConf revoked_subjects;
    RevocationConf revoked_kids;
    SwitchConf revocation;
    std::vector<Requirement>* requirements;
    std::vector<ClaimRequirement>* claim_requirements;
    std::vector<ClaimRequirement>* header_requirements;
    NestedConf* nested;
    std::vector<Requirement>* request_requirements;
    ngx_uint_t type;
    jwt::ClaimPath* roles_claim;
    auth::RoleMap* role_map;
    std::vector<jwt::ClaimPath>* scope_claims;
    auth::RoleMap* scope_map;
    ResourceConf* resource;
    jwt::ClaimPath* tenant_claim;
    ngx_http_complex_value_t* expected_tenant;
    ngx_uint_t error_body;
    ngx_uint_t forward_credential;
    ngx_uint_t connection_end; // an EndedConnections
    ExplainTo* explain_to;
    ngx_uint_t log_level; // of refusals, an NGX_LOG_*
    TokenConf tokens;
    AuditConf audit;
    ngx_str_t metrics_label;
    const EndpointInfo* endpoint;           // null: none
    std::vector<std::string>* cors_origins; // none: off

    Origin endpoint_origin;
    Origin role_map_origin;
    Origin forwarding_origin;
    bool has_own_forwarding;
    Origin connection_end_origin;
    bool has_own_connection_end;
    bool has_own_role_map; // written in a location, not inherited
    Origin scope_map_origin;
    bool has_own_scope_map;
    bool has_own_revocation;
    const char* own_dpop; // the first auth_dpop_* written in the location; null: none
    Origin own_dpop_origin;

    MethodConf& method(auth::Method method) noexcept {
        return methods[static_cast<std::size_t>(method)];
    }
    [[nodiscard]] const MethodConf& method(auth::Method method) const noexcept {
        return methods[static_cast<std::size_t>(method)];
    }
};

static_assert(std::is_standard_layout_v<LocConf> && std::is_trivially_destructible_v<LocConf>);

// A Binding, and the BindingKinds that are named.
constexpr ngx_uint_t binding_mtls = 1U << 8;
constexpr ngx_uint_t binding_dpop = 1U << 9;

enum PasswordChallenge : ngx_uint_t { password_challenge_basic, password_challenge_browser };

enum ErrorBody : ngx_uint_t { error_body_html, error_body_json };

void* create_main_conf(ngx_conf_t* cf);
char* init_main_conf(ngx_conf_t* cf, void* conf) noexcept;
// Checks keys that no location uses, after everything was merged.
bool check_unused_keys(ngx_conf_t* cf);
void* create_loc_conf(ngx_conf_t* cf) noexcept;
bool merge_loc_conf(ngx_conf_t* cf, const LocConf& outer, LocConf& conf);

// The type of nginx's configuration pointer.
template <typename Conf>
Conf& conf_at(void* held) noexcept {
    if constexpr (std::is_same_v<Conf, MainConf>) {
        return static_cast<MainConf&>(*static_cast<Worker*>(held));
    } else {
        return *static_cast<Conf*>(held);
    }
}

inline MainConf* main_conf(ngx_conf_t* cf) noexcept {
    return static_cast<MainConf*>(worker(cf));
}

} // namespace sallyport::ngx
