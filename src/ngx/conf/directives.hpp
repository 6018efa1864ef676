#pragma once

#include "ngx/conf/setter.hpp"

namespace sallyport::ngx {

// The setters of the directives that nginx's own setters cannot handle, named after them.
Wrong set_auth_jwt(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_key(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_key_file(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_key_request(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_algorithms(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_issuer(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_audience(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_explain(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_binding(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_client_certificate(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_forward_credential(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_connection_end(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_www_authenticate(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_dpop_uri(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_dpop_window(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_dpop_algorithms(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_dpop_nonce(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_dpop_nonce_key(ngx_conf_t* cf, MainConf& conf, Arguments arguments);
Wrong set_auth_dpop_zone(ngx_conf_t* cf, MainConf& conf, Arguments arguments);
Wrong set_auth_jwt_validate_sig(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_revocation_list_sub(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_revocation_list_kid(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_revocation(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_revocation_zone(ngx_conf_t* cf, MainConf& conf, Arguments arguments);
Wrong set_auth_revocation_stale(ngx_conf_t* cf, MainConf& conf, Arguments arguments);
Wrong set_auth_revocation_keep(ngx_conf_t* cf, MainConf& conf, Arguments arguments);
Wrong set_auth_revocation_file(ngx_conf_t* cf, MainConf& conf, Arguments arguments);
Wrong set_auth_jwt_require(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_require(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_require_claim(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_require_header(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_allow_nested(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_jwt_cache(ngx_conf_t* cf, MainConf& conf, Arguments arguments);
Wrong set_auth_jwt_claim_set(ngx_conf_t* cf, MainConf& conf, Arguments arguments);
Wrong set_auth_jwt_header_set(ngx_conf_t* cf, MainConf& conf, Arguments arguments);
Wrong set_auth_password(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_password_file(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_password_request(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_api_key(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_api_key_file(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_api_key_request(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_thread_pool(ngx_conf_t* cf, MainConf& conf, Arguments arguments);
Wrong set_auth_roles_claim(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_scope_claim(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_scope_map(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_role_map(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_resource(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_tenant(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_tenant_claim(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_tenant_expect(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_endpoint(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_endpoint_cors(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_token_key(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_token_refresh_key(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_token_issuer(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_token_audience(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_token_claim(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_token_ttl(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_token_refresh_ttl(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_token_session_max(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_token_reuse_window(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_token_accept(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_audit_log(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_metrics_zone(ngx_conf_t* cf, MainConf& conf, Arguments arguments);
Wrong set_auth_metrics_label(ngx_conf_t* cf, LocConf& conf, Arguments arguments);
Wrong set_auth_token_store(ngx_conf_t* cf, MainConf& conf, Arguments arguments);

} // namespace sallyport::ngx
