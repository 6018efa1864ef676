#include "ngx/commands.hpp"

#include <cstddef>

#include "ngx/directives.hpp"

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

ngx_conf_enum_t error_bodies[] = {
    {ngx_string("html"), error_body_html},
    {ngx_string("json"), error_body_json},
    {ngx_null_string, 0},
};

} // namespace

ngx_command_t commands[] = {
    {.name = ngx_string("auth_jwt"),
     .type = in_limits | NGX_CONF_TAKE12,
     .set = set_loc<set_auth_jwt>,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_jwt_key"),
     .type = in_limits | NGX_CONF_TAKE3,
     .set = set_loc<set_auth_jwt_key>,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_jwt_key_file"),
     .type = in_limits | NGX_CONF_TAKE12,
     .set = set_loc<set_auth_jwt_key_file>,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_jwt_key_request"),
     .type = in_limits | NGX_CONF_TAKE12,
     .set = set_loc<set_auth_jwt_key_request>,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_jwt_key_cache"),
     .type = in_limits | NGX_CONF_TAKE1,
     .set = ngx_conf_set_msec_slot,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = offsetof(LocConf, key_cache),
     .post = nullptr},

    {.name = ngx_string("auth_jwt_key_stale"),
     .type = in_limits | NGX_CONF_TAKE1,
     .set = ngx_conf_set_msec_slot,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = offsetof(LocConf, key_stale),
     .post = nullptr},

    {.name = ngx_string("auth_jwt_algorithms"),
     .type = in_limits | NGX_CONF_1MORE,
     .set = set_loc<set_auth_jwt_algorithms>,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_jwt_weak_keys"),
     .type = in_limits | NGX_CONF_FLAG,
     .set = ngx_conf_set_flag_slot,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = offsetof(LocConf, weak_keys),
     .post = nullptr},

    {.name = ngx_string("auth_jwt_issuer"),
     .type = in_limits | NGX_CONF_1MORE,
     .set = set_loc<set_auth_jwt_issuer>,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_jwt_audience"),
     .type = in_limits | NGX_CONF_1MORE,
     .set = set_loc<set_auth_jwt_audience>,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_jwt_leeway"),
     .type = in_limits | NGX_CONF_TAKE1,
     .set = ngx_conf_set_sec_slot,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = offsetof(LocConf, leeway),
     .post = nullptr},

    {.name = ngx_string("auth_jwt_require_exp"),
     .type = in_limits | NGX_CONF_FLAG,
     .set = ngx_conf_set_flag_slot,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = offsetof(LocConf, require_exp),
     .post = nullptr},

    {.name = ngx_string("auth_jwt_require"),
     .type = in_limits | NGX_CONF_1MORE,
     .set = set_loc<set_auth_jwt_require>,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_jwt_type"),
     .type = in_limits | NGX_CONF_TAKE1,
     .set = ngx_conf_set_enum_slot,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = offsetof(LocConf, type),
     .post = token_types},

    {.name = ngx_string("auth_jwt_claim_set"),
     .type = in_http | NGX_CONF_2MORE,
     .set = set_main<set_auth_jwt_claim_set>,
     .conf = NGX_HTTP_MAIN_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_jwt_header_set"),
     .type = in_http | NGX_CONF_2MORE,
     .set = set_main<set_auth_jwt_header_set>,
     .conf = NGX_HTTP_MAIN_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_roles_claim"),
     .type = in_locations | NGX_CONF_TAKE1,
     .set = set_loc<set_auth_roles_claim>,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_role_map"),
     .type = in_locations | NGX_CONF_BLOCK | NGX_CONF_NOARGS,
     .set = set_loc<set_auth_role_map>,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_tenant"),
     .type = in_locations | NGX_CONF_BLOCK | NGX_CONF_TAKE1,
     .set = set_loc<set_auth_tenant>,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_tenant_claim"),
     .type = in_locations | NGX_CONF_TAKE1,
     .set = set_loc<set_auth_tenant_claim>,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_tenant_expect"),
     .type = in_locations | NGX_CONF_TAKE1,
     .set = set_loc<set_auth_tenant_expect>,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},

    {.name = ngx_string("auth_error_body"),
     .type = in_locations | NGX_CONF_TAKE1,
     .set = ngx_conf_set_enum_slot,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = offsetof(LocConf, error_body),
     .post = error_bodies},

    ngx_null_command,
};

} // namespace sallyport::ngx
