#include "ngx/conf/commands.hpp"

#include <cstddef>

#include "ngx/conf/directives.hpp"

namespace sallyport::ngx {
namespace {

constexpr ngx_uint_t in_http = NGX_HTTP_MAIN_CONF;
constexpr ngx_uint_t in_locations = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;
constexpr ngx_uint_t in_limits = in_locations | NGX_HTTP_LMT_CONF;

template <Wrong (*Set)(ngx_conf_t*, LocConf&, Arguments)>
constexpr auto set_loc = setter<LocConf, Set>;

template <Wrong (*Set)(ngx_conf_t*, MainConf&, Arguments)>
constexpr auto set_main = setter<MainConf, Set>;

ngx_conf_enum_t token_types[] = {
    {ngx_string("signed"), 0},
    {ngx_null_string, 0},
};

ngx_conf_enum_t modes[] = {
    {ngx_string("enforce"), static_cast<ngx_uint_t>(Mode::enforce)},
    {ngx_string("optional"), static_cast<ngx_uint_t>(Mode::optional)},
    {ngx_string("observe"), static_cast<ngx_uint_t>(Mode::observe)},
    {ngx_null_string, 0},
};

ngx_conf_enum_t phases[] = {
    {ngx_string("access"), static_cast<ngx_uint_t>(Phase::access)},
    {ngx_string("preaccess"), static_cast<ngx_uint_t>(Phase::preaccess)},
    {ngx_null_string, 0},
};

ngx_conf_enum_t password_challenges[] = {
    {ngx_string("basic"), password_challenge_basic},
    {ngx_string("browser"), password_challenge_browser},
    {ngx_null_string, 0},
};

ngx_conf_enum_t log_levels[] = {
    {ngx_string("info"), NGX_LOG_INFO},
    {ngx_string("notice"), NGX_LOG_NOTICE},
    {ngx_string("warn"), NGX_LOG_WARN},
    {ngx_string("error"), NGX_LOG_ERR},
    {ngx_null_string, 0},
};

ngx_conf_enum_t error_bodies[] = {
    {ngx_string("html"), error_body_html},
    {ngx_string("json"), error_body_json},
    {ngx_null_string, 0},
};

} // namespace

ngx_command_t commands[] = {
    {ngx_string("auth_jwt"), in_limits | NGX_CONF_TAKE12, set_loc<set_auth_jwt>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_key"), in_limits | NGX_CONF_TAKE3, set_loc<set_auth_jwt_key>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_key_file"), in_limits | NGX_CONF_TAKE12, set_loc<set_auth_jwt_key_file>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_key_request"), in_limits | NGX_CONF_TAKE12,
     set_loc<set_auth_jwt_key_request>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_key_cache"), in_limits | NGX_CONF_TAKE1, ngx_conf_set_msec_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, key_cache), nullptr},

    {ngx_string("auth_jwt_key_stale"), in_limits | NGX_CONF_TAKE1, ngx_conf_set_msec_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, key_stale), nullptr},

    {ngx_string("auth_jwt_algorithms"), in_limits | NGX_CONF_1MORE,
     set_loc<set_auth_jwt_algorithms>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_weak_keys"), in_limits | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, weak_keys), nullptr},

    {ngx_string("auth_jwt_issuer"), in_limits | NGX_CONF_1MORE, set_loc<set_auth_jwt_issuer>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_audience"), in_limits | NGX_CONF_1MORE, set_loc<set_auth_jwt_audience>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_leeway"), in_limits | NGX_CONF_TAKE1, ngx_conf_set_sec_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, leeway), nullptr},

    {ngx_string("auth_jwt_require_exp"), in_limits | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, require_exp), nullptr},

    {ngx_string("auth_jwt_validate_exp"), in_limits | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, validate_exp), nullptr},

    {ngx_string("auth_jwt_validate_sig"), in_limits | NGX_CONF_FLAG,
     set_loc<set_auth_jwt_validate_sig>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_binding"), in_locations | NGX_CONF_TAKE123, set_loc<set_auth_jwt_binding>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("auth_jwt_client_certificate"), in_locations | NGX_CONF_TAKE1,
     set_loc<set_auth_jwt_client_certificate>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_dpop_uri"), in_locations | NGX_CONF_TAKE1, set_loc<set_auth_dpop_uri>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_dpop_window"), in_locations | NGX_CONF_TAKE1, set_loc<set_auth_dpop_window>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_dpop_algorithms"), in_locations | NGX_CONF_1MORE,
     set_loc<set_auth_dpop_algorithms>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_dpop_nonce"), in_locations | NGX_CONF_TAKE1, set_loc<set_auth_dpop_nonce>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_dpop_nonce_key"), in_http | NGX_CONF_TAKE1, set_main<set_auth_dpop_nonce_key>,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_dpop_zone"), in_http | NGX_CONF_TAKE1, set_main<set_auth_dpop_zone>,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_www_authenticate"), in_locations | NGX_CONF_TAKE1,
     set_loc<set_auth_jwt_www_authenticate>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_phase"), in_locations | NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, phase), phases},

    {ngx_string("auth_jwt_revocation_list_sub"), in_locations | NGX_CONF_TAKE1,
     set_loc<set_auth_jwt_revocation_list_sub>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_revocation_list_kid"), in_locations | NGX_CONF_TAKE1,
     set_loc<set_auth_jwt_revocation_list_kid>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_require"), in_limits | NGX_CONF_1MORE, set_loc<set_auth_jwt_require>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_require"), in_limits | NGX_CONF_1MORE, set_loc<set_auth_require>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_require_claim"), in_limits | NGX_CONF_TAKE3 | NGX_CONF_TAKE4,
     set_loc<set_auth_jwt_require_claim>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_require_header"), in_limits | NGX_CONF_TAKE3 | NGX_CONF_TAKE4,
     set_loc<set_auth_jwt_require_header>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_allow_nested"), in_locations | NGX_CONF_NOARGS | NGX_CONF_TAKE12,
     set_loc<set_auth_jwt_allow_nested>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_type"), in_limits | NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, type), token_types},

    {ngx_string("auth_jwt_cache"), in_http | NGX_CONF_TAKE1, set_main<set_auth_jwt_cache>,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_claim_set"), in_http | NGX_CONF_2MORE, set_main<set_auth_jwt_claim_set>,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_jwt_header_set"), in_http | NGX_CONF_2MORE, set_main<set_auth_jwt_header_set>,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_password"), in_limits | NGX_CONF_TAKE1, set_loc<set_auth_password>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_password_file"), in_limits | NGX_CONF_TAKE1, set_loc<set_auth_password_file>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_password_request"), in_limits | NGX_CONF_TAKE1,
     set_loc<set_auth_password_request>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_password_challenge"), in_locations | NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, password_challenge), password_challenges},

    {ngx_string("auth_password_plain"), in_limits | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, plain_passwords), nullptr},

    {ngx_string("auth_api_key"), in_limits | NGX_CONF_TAKE123, set_loc<set_auth_api_key>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_api_key_file"), in_limits | NGX_CONF_TAKE1, set_loc<set_auth_api_key_file>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_api_key_request"), in_limits | NGX_CONF_TAKE1,
     set_loc<set_auth_api_key_request>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_credential_cache"), in_limits | NGX_CONF_TAKE1, ngx_conf_set_msec_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, credential_cache), nullptr},

    {ngx_string("auth_thread_pool"), in_http | NGX_CONF_TAKE12, set_main<set_auth_thread_pool>,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_policy"), in_locations | NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, mode), modes},

    {ngx_string("auth_roles_claim"), in_locations | NGX_CONF_TAKE1, set_loc<set_auth_roles_claim>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_role_map"), in_locations | NGX_CONF_BLOCK | NGX_CONF_NOARGS,
     set_loc<set_auth_role_map>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_scope_claim"), in_locations | NGX_CONF_1MORE, set_loc<set_auth_scope_claim>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_scope_map"), in_locations | NGX_CONF_BLOCK | NGX_CONF_NOARGS,
     set_loc<set_auth_scope_map>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_resource"),
     NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE1,
     set_loc<set_auth_resource>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_tenant"), in_locations | NGX_CONF_BLOCK | NGX_CONF_TAKE1,
     set_loc<set_auth_tenant>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_tenant_claim"), in_locations | NGX_CONF_TAKE1, set_loc<set_auth_tenant_claim>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_tenant_expect"), in_locations | NGX_CONF_TAKE1,
     set_loc<set_auth_tenant_expect>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_endpoint"), NGX_HTTP_LOC_CONF | NGX_CONF_TAKE12, set_loc<set_auth_endpoint>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_endpoint_cors"), in_locations | NGX_CONF_1MORE,
     set_loc<set_auth_endpoint_cors>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_token_key"), in_locations | NGX_CONF_TAKE3, set_loc<set_auth_token_key>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_token_refresh_key"), in_locations | NGX_CONF_TAKE3,
     set_loc<set_auth_token_refresh_key>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_token_issuer"), in_locations | NGX_CONF_TAKE1, set_loc<set_auth_token_issuer>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_token_audience"), in_locations | NGX_CONF_1MORE,
     set_loc<set_auth_token_audience>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_token_claim"), in_locations | NGX_CONF_TAKE2, set_loc<set_auth_token_claim>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_token_ttl"), in_locations | NGX_CONF_TAKE1, set_loc<set_auth_token_ttl>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_token_refresh_ttl"), in_locations | NGX_CONF_TAKE1,
     set_loc<set_auth_token_refresh_ttl>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_token_session_max"), in_locations | NGX_CONF_TAKE1,
     set_loc<set_auth_token_session_max>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_token_reuse_window"), in_locations | NGX_CONF_TAKE1,
     set_loc<set_auth_token_reuse_window>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_token_accept"), in_locations | NGX_CONF_TAKE1, set_loc<set_auth_token_accept>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_token_store"), in_http | NGX_CONF_TAKE123, set_main<set_auth_token_store>,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_revocation"), in_locations | NGX_CONF_TAKE1, set_loc<set_auth_revocation>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_revocation_zone"), in_http | NGX_CONF_TAKE1,
     set_main<set_auth_revocation_zone>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_revocation_file"), in_http | NGX_CONF_TAKE1,
     set_main<set_auth_revocation_file>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_revocation_stale"), in_http | NGX_CONF_TAKE1,
     set_main<set_auth_revocation_stale>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_revocation_keep"), in_http | NGX_CONF_TAKE1,
     set_main<set_auth_revocation_keep>, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_audit_log"), in_locations | NGX_CONF_TAKE1, set_loc<set_auth_audit_log>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_log_level"), in_locations | NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, log_level), log_levels},

    {ngx_string("auth_metrics_zone"), in_http | NGX_CONF_TAKE1, set_main<set_auth_metrics_zone>,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_metrics_label"), in_locations | NGX_CONF_TAKE1,
     set_loc<set_auth_metrics_label>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_explain"), in_locations | NGX_CONF_1MORE, set_loc<set_auth_explain>,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_error_body"), in_locations | NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocConf, error_body), error_bodies},

    {ngx_string("auth_forward_credential"), in_locations | NGX_CONF_TAKE1,
     set_loc<set_auth_forward_credential>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("auth_connection_end"), in_locations | NGX_CONF_TAKE1,
     set_loc<set_auth_connection_end>, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    ngx_null_command,
};

} // namespace sallyport::ngx
