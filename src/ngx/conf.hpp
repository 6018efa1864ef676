#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "auth/credential_cache.hpp"
#include "auth/role_map.hpp"
#include "auth/tenant_directory.hpp"
#include "auth/token_issuer.hpp"
#include "jwt/claims.hpp"
#include "jwt/key.hpp"
#include "jwt/token_cache.hpp"
#include "ngx/account_file.hpp"
#include "ngx/fetched_keys.hpp"
#include "ngx/file_watch.hpp"
#include "ngx/key_file.hpp"
#include "ngx/ngx.hpp"
#include "ngx/policy.hpp"
#include "ngx/slow_checks.hpp"
#include "ngx/store_queue.hpp"
#include "store/store_address.hpp"

namespace sallyport::ngx {

// Where a directive stands, for mistakes that show only when all levels are merged.
struct Origin {
    ngx_str_t file;
    ngx_uint_t line;
};

Origin origin_of(ngx_conf_t* cf) noexcept;

// A configuration error in nginx's own form, at a place that is no longer being parsed.
void conf_error(ngx_log_t* log, const Origin& origin, const char* directive,
                const std::string& reason) noexcept;
inline void conf_error(ngx_conf_t* cf, const Origin& origin, const char* directive,
                       const std::string& reason) noexcept {
    conf_error(cf->log, origin, directive, reason);
}

// The key sources that one level of the configuration, or one tenant, names; they replace those of
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
    // What merging made of them, without and with auth_jwt_weak_keys; levels below share it.
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
    // What merging made of them, as above.
    std::shared_ptr<const Tenants> strong_only;
    std::shared_ptr<const Tenants> with_weak;
};

// The slots of a method's directive.
struct MethodConf {
    ngx_flag_t on;
    ngx_http_complex_value_t* realm;
    ngx_http_complex_value_t* token;
    TokenPlaces* token_places;
    ngx_str_t header;
    Origin origin;
};

// Who knows the passwords or keys of one level; replaces that of outer levels.
struct AccountConf {
    ngx_str_t file;
    ngx_http_complex_value_t* request;
    Origin origin;

    [[nodiscard]] bool is_set() const noexcept { return file.len > 0 || request != nullptr; }
};

// The keys that one level signs tokens of one type with; they replace those of outer levels.
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
    ngx_flag_t accept;
    Origin accept_origin;
};

struct LocConf;

constexpr std::size_t default_token_cache_bytes = 16 << 20;

// What an issuer of tokens was made of.
using TokenIssuerKey =
    std::tuple<const SigningDirectives*, const SigningDirectives*, std::string_view,
               const jwt::Names*, time_t, time_t, time_t, time_t>;

// One for the http block; a C++ object of the cycle's pool. All but the key files that the
// configuration names is made and used by each worker for itself.
struct MainConf {
    FileWatch watch; // outlives the files
    std::unordered_map<KeyFileSpec, std::shared_ptr<KeyFile>, KeyFileSpec::Hash> key_files;
    NamedKeyFiles named_key_files;
    FetchedKeySets fetched_keys;
    // By path, and by auth_password_plain.
    std::map<std::pair<std::string, bool>, std::shared_ptr<PasswordFile>> password_files;
    std::map<std::string, std::shared_ptr<ApiKeyFile>> api_key_files;
    std::unordered_set<std::string> account_files; // the ids of both, see session_account.hpp
    auth::CredentialCache credential_cache;
    jwt::TokenCache token_cache{default_token_cache_bytes};
    bool token_cache_is_set = false;
    std::shared_ptr<SlowChecks> slow_checks = std::make_shared<SlowChecks>();
    ngx_str_t thread_pool = ngx_string("default");
    bool has_own_thread_pool = false;
    std::size_t slow_check_line = SlowChecks::default_line;
    std::map<TokenIssuerKey, std::shared_ptr<const auth::TokenIssuer>> token_issuers;
    std::optional<store::StoreAddress> store;
    Origin store_origin;
    std::shared_ptr<StoreQueue> store_queue; // of each worker; null without a store, or memory
    std::vector<ngx_open_file_t*> audit_logs;
    ngx_http_complex_value_t* request_id = nullptr;
    std::vector<LocConf*> with_keys;   // the levels that name keys or tenants
    std::vector<ngx_uint_t> variables; // indices of our variables that the configuration uses
};

// One for each level: plain slots for nginx's setters, and what was merged from them.
struct LocConf {
    MethodConf methods[3]; // by auth::Method
    ngx_uint_t mode;       // a Mode
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
    ngx_uint_t binding; // a Binding
    std::vector<Requirement>* requirements;
    ngx_uint_t type;
    jwt::ClaimPath* roles_claim;
    auth::RoleMap* role_map;
    jwt::ClaimPath* tenant_claim;
    ngx_http_complex_value_t* expected_tenant;
    ngx_uint_t error_body;
    ngx_uint_t log_level; // of refusals, an NGX_LOG_*
    TokenConf tokens;
    ngx_open_file_t* audit_log;
    ngx_flag_t audit_is_set;
    EndpointKind endpoint;
    std::vector<std::string>* cors_origins; // none: off

    Origin endpoint_origin;
    Origin role_map_origin;
    bool has_own_role_map; // written in a location, not inherited

    const Policy* policy;

    MethodConf& method(auth::Method method) noexcept {
        return methods[static_cast<std::size_t>(method)];
    }
    [[nodiscard]] const MethodConf& method(auth::Method method) const noexcept {
        return methods[static_cast<std::size_t>(method)];
    }
};

static_assert(std::is_standard_layout_v<LocConf> && std::is_trivially_destructible_v<LocConf>);

enum PasswordChallenge : ngx_uint_t { password_challenge_basic, password_challenge_browser };

enum ErrorBody : ngx_uint_t { error_body_html, error_body_json };
enum Binding : ngx_uint_t { binding_optional, binding_off };

void* create_main_conf(ngx_conf_t* cf) noexcept;
char* init_main_conf(ngx_conf_t* cf, void* conf) noexcept;
// Keys that no place uses are judged as well. When all is merged.
bool check_unused_keys(ngx_conf_t* cf);
void* create_loc_conf(ngx_conf_t* cf) noexcept;
char* merge_loc_conf(ngx_conf_t* cf, void* parent, void* child) noexcept;

inline MainConf* main_conf(ngx_conf_t* cf) noexcept {
    return static_cast<MainConf*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_sallyport_module));
}

inline MainConf* main_conf(ngx_http_request_t* r) noexcept {
    return static_cast<MainConf*>(ngx_http_get_module_main_conf(r, ngx_http_sallyport_module));
}

inline const Policy* policy_of(ngx_http_request_t* r) noexcept {
    return static_cast<LocConf*>(ngx_http_get_module_loc_conf(r, ngx_http_sallyport_module))
        ->policy;
}

} // namespace sallyport::ngx
