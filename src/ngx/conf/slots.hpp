#pragma once

#include <concepts>
#include <iterator>

#include "jwt/dpop_proof.hpp"
#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

// Whether this level sets a slot. For numbers, the value of an unset slot is that of nginx's
// setters.
template <std::integral T>
constexpr bool is_set(T number) noexcept {
    return number != static_cast<T>(NGX_CONF_UNSET);
}
template <typename T>
constexpr bool is_set(T* pointer) noexcept {
    return pointer != nullptr;
}
constexpr bool is_set(const ngx_str_t& text) noexcept {
    return text.data != nullptr;
}
constexpr bool is_set(const MethodConf& method) noexcept {
    return is_set(method.on);
}
constexpr bool is_set(const AccountConf& accounts) noexcept {
    return is_set(accounts.file) || is_set(accounts.request);
}
constexpr bool is_set(const RevocationConf& list) noexcept {
    return is_set(list.on);
}
constexpr bool is_set(const SwitchConf& flag) noexcept {
    return is_set(flag.on);
}
constexpr bool is_set(const AuditConf& audit) noexcept {
    return is_set(audit.on);
}

// The value of a slot that no directive has set.
template <typename T>
constexpr T unset() noexcept {
    if constexpr (std::integral<T>) {
        return static_cast<T>(NGX_CONF_UNSET);
    } else if constexpr (requires { T::on; }) {
        T slot{};
        slot.on = NGX_CONF_UNSET;
        return slot;
    } else {
        return T{};
    }
}

// Calls visit(own, outer, default) for every slot that a level inherits. This is the only list of
// slots: a slot that is missing here is neither inherited nor gives a level a policy of its own.
template <typename Own, typename Visit>
void each_slot(Own& own, const LocConf& outer, Visit&& visit) {
    for (std::size_t i = 0; i < std::size(own.methods); ++i) {
        visit(own.methods[i], outer.methods[i], MethodConf{});
    }
    visit(own.mode, outer.mode, static_cast<ngx_uint_t>(Mode::enforce));
    visit(own.phase, outer.phase, static_cast<ngx_uint_t>(Phase::access));
    visit(own.passwords, outer.passwords, AccountConf{});
    visit(own.plain_passwords, outer.plain_passwords, 0);
    visit(own.password_challenge, outer.password_challenge, password_challenge_basic);
    visit(own.api_keys, outer.api_keys, AccountConf{});
    visit(own.credential_cache, outer.credential_cache, 60'000);
    visit(own.keys, outer.keys, nullptr);
    visit(own.key_cache, outer.key_cache, 0);
    visit(own.key_stale, outer.key_stale, 3'600'000);
    visit(own.tenants, outer.tenants, nullptr);
    visit(own.algorithms, outer.algorithms, jwt::AlgorithmSet::all().bits());
    visit(own.weak_keys, outer.weak_keys, 0);
    visit(own.issuers, outer.issuers, nullptr);
    visit(own.audiences, outer.audiences, nullptr);
    visit(own.leeway, outer.leeway, 0);
    visit(own.require_exp, outer.require_exp, 0);
    visit(own.validate_exp, outer.validate_exp, 1);
    visit(own.validate_sig, outer.validate_sig, 1);
    visit(own.binding, outer.binding, static_cast<ngx_uint_t>(Binding::optional));
    visit(own.client_certificate, outer.client_certificate, nullptr);
    visit(own.dpop_uri, outer.dpop_uri, nullptr);
    visit(own.dpop_window, outer.dpop_window, 60);
    visit(own.dpop_nonce, outer.dpop_nonce, 0);
    visit(own.dpop_algorithms, outer.dpop_algorithms, jwt::default_proof_algorithms().bits());
    visit(own.www_authenticate, outer.www_authenticate, nullptr);
    visit(own.revoked_subjects, outer.revoked_subjects, RevocationConf{});
    visit(own.revoked_kids, outer.revoked_kids, RevocationConf{});
    visit(own.revocation, outer.revocation, SwitchConf{});
    visit(own.requirements, outer.requirements, nullptr);
    visit(own.claim_requirements, outer.claim_requirements, nullptr);
    visit(own.header_requirements, outer.header_requirements, nullptr);
    visit(own.nested, outer.nested, nullptr);
    visit(own.request_requirements, outer.request_requirements, nullptr);
    visit(own.type, outer.type, 0);
    visit(own.roles_claim, outer.roles_claim, nullptr);
    visit(own.role_map, outer.role_map, nullptr);
    visit(own.scope_claims, outer.scope_claims, nullptr);
    visit(own.scope_map, outer.scope_map, nullptr);
    visit(own.resource, outer.resource, nullptr);
    visit(own.tenant_claim, outer.tenant_claim, nullptr);
    visit(own.expected_tenant, outer.expected_tenant, nullptr);
    visit(own.error_body, outer.error_body, error_body_html);
    visit(own.forward_credential, outer.forward_credential,
          static_cast<ngx_uint_t>(Forwarding::unset));
    visit(own.connection_end, outer.connection_end,
          static_cast<ngx_uint_t>(EndedConnections::unset));
    visit(own.explain_to, outer.explain_to, nullptr);
    visit(own.log_level, outer.log_level, NGX_LOG_INFO);
    visit(own.audit, outer.audit, AuditConf{});
    visit(own.metrics_label, outer.metrics_label, ngx_str_t{});
    visit(own.cors_origins, outer.cors_origins, nullptr);
    visit(own.tokens.access_keys, outer.tokens.access_keys, nullptr);
    visit(own.tokens.refresh_keys, outer.tokens.refresh_keys, nullptr);
    visit(own.tokens.issuer, outer.tokens.issuer, ngx_str_t{});
    visit(own.tokens.audiences, outer.tokens.audiences, nullptr);
    visit(own.tokens.claims, outer.tokens.claims, nullptr);
    visit(own.tokens.ttl, outer.tokens.ttl, 900);
    visit(own.tokens.refresh_ttl, outer.tokens.refresh_ttl, 172'800);
    visit(own.tokens.session_max, outer.tokens.session_max, 2'592'000);
    visit(own.tokens.reuse_window, outer.tokens.reuse_window, 0);
    visit(own.tokens.accept, outer.tokens.accept, SwitchConf{});
}

} // namespace sallyport::ngx
