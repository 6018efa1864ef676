#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "auth/principal.hpp"
#include "auth/role_map.hpp"
#include "jwt/claims.hpp"
#include "jwt/keyset.hpp"
#include "ngx/key_file.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// A key file whose name holds variables.
struct NamedKeyFile {
    ngx_http_complex_value_t* name;
    jwt::KeysetFormat format;
    jwt::WeakKeys weak;
};

// Where the keys of a place come from, in the order in which they are tried.
struct KeySources {
    std::optional<jwt::Keyset> own; // from key directives
    std::vector<KeyFile*> files;    // owned by the main configuration
    std::vector<NamedKeyFile> named_files;

    [[nodiscard]] bool empty() const noexcept {
        return !own && files.empty() && named_files.empty();
    }
};

// auth_jwt_require: every value must be neither empty nor "0".
struct Requirement {
    std::vector<ngx_http_complex_value_t*> values;
    Reason otherwise = Reason::requirement_unmet;
};

// The rules of one place, merged from all levels and ready for use. Immutable; places that add
// nothing of their own share the one of the level above.
struct Policy {
    bool jwt = false; // auth_jwt is on
    ngx_http_complex_value_t* realm = nullptr;
    ngx_http_complex_value_t* token = nullptr; // null: the Authorization header
    std::shared_ptr<const KeySources> sources;
    jwt::AlgorithmSet algorithms;
    jwt::ClaimRules claim_rules;
    const std::vector<Requirement>* requirements = nullptr;
    auth::PrincipalClaims principal_claims;
    const auth::RoleMap* roles = nullptr; // null: a valid credential is enough
    ngx_http_complex_value_t* expected_tenant = nullptr;
    bool json_errors = false;

    // What the method of a request asks for.
    [[nodiscard]] const auth::RoleRule& rule(ngx_http_request_t* r) const noexcept;
};

} // namespace sallyport::ngx
