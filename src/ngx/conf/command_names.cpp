#include "ngx/conf/command_names.hpp"

#include "ngx/conf/commands.hpp"

namespace sallyport::ngx {
namespace {

const ngx_command_t* find_command(const ngx_command_t* list, std::string_view name) noexcept {
    for (; list->name.len != 0; ++list) {
        if (view(list->name) == name) {
            return list;
        }
    }
    return nullptr;
}

// The first of our directives that the other module defines too; null if there is none.
const ngx_command_t* shared_command(const ngx_module_t& module) noexcept {
    const bool in_http = module.type == NGX_HTTP_MODULE || module.type == NGX_CONF_MODULE;
    if (!in_http || module.commands == nullptr || module.commands == commands) {
        return nullptr;
    }
    for (const ngx_command_t* command = commands; command->name.len != 0; ++command) {
        if (find_command(module.commands, view(command->name)) != nullptr) {
            return command;
        }
    }
    return nullptr;
}

} // namespace

bool owns_its_commands(ngx_conf_t* cf) noexcept {
    for (ngx_module_t** module = cf->cycle->modules; *module != nullptr; ++module) {
        if (const ngx_command_t* const command = shared_command(**module)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "modules \"%s\" and \"%s\" both define the directive \"%V\": "
                               "load one of them only",
                               ngx_http_sallyport_module.name, (*module)->name, &command->name);
            return false;
        }
    }
    return true;
}

} // namespace sallyport::ngx
