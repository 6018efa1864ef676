/* A module of somebody else that defines a directive of ours: t/foreign_directives.t. */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

static char* ngx_http_foreign(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
    return NGX_CONF_OK;
}

static ngx_command_t ngx_http_foreign_commands[] = {

    {ngx_string("foreign"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, ngx_http_foreign, 0, 0, NULL},

    {ngx_string(FOREIGN_DIRECTIVE), NGX_HTTP_LOC_CONF | NGX_CONF_1MORE, ngx_http_foreign, 0, 0,
     NULL},

    ngx_null_command};

static ngx_http_module_t ngx_http_foreign_module_ctx = {NULL, NULL, NULL, NULL,
                                                        NULL, NULL, NULL, NULL};

ngx_module_t ngx_http_foreign_module = {NGX_MODULE_V1,
                                        &ngx_http_foreign_module_ctx,
                                        ngx_http_foreign_commands,
                                        FOREIGN_TYPE,
                                        NULL,
                                        NULL,
                                        NULL,
                                        NULL,
                                        NULL,
                                        NULL,
                                        NULL,
                                        NGX_MODULE_V1_PADDING};

ngx_module_t* ngx_modules[] = {&ngx_http_foreign_module, NULL};
char* ngx_module_names[] = {"ngx_http_foreign_module", NULL};
char* ngx_module_order[] = {NULL};
