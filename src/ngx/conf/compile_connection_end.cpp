#include "ngx/conf/compile_connection_end.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "ngx/conf/directives.hpp"
#include "ngx/conf/other_modules.hpp"

namespace sallyport::ngx {
namespace {

constexpr const char* directive = "auth_connection_end";

bool ends_some(ngx_uint_t conf) noexcept {
    const auto which = static_cast<EndedConnections>(conf);
    return which == EndedConnections::upgrade || which == EndedConnections::stream;
}

} // namespace

Wrong set_auth_connection_end(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (is_set(conf.connection_end)) {
        return is_duplicate();
    }
    constexpr std::pair<std::string_view, EndedConnections> values[] = {
        {"off", EndedConnections::none},
        {"upgrade", EndedConnections::upgrade},
        {"stream", EndedConnections::stream}};
    const auto* const found =
        std::find_if(std::begin(values), std::end(values),
                     [&](const auto& value) { return value.first == arguments[0]; });
    if (found == std::end(values)) {
        return "has an invalid value " + in_quotes(arguments[0]) + ": off, upgrade or stream";
    }
    conf.connection_end = static_cast<ngx_uint_t>(found->second);
    conf.connection_end_origin = origin_of(cf);
    conf.has_own_connection_end =
        (cf->cmd_type & NGX_HTTP_LOC_CONF) != 0 && ends_some(conf.connection_end);
    return std::nullopt;
}

void note_connection_end(ngx_conf_t* cf, const Policy& policy) noexcept {
    if (ends_some(static_cast<ngx_uint_t>(policy.ended_connections))) {
        main_conf(cf)->ends_connections = true;
    }
}

bool check_connection_end(ngx_conf_t* cf, const LocConf& conf) {
    const Policy& policy = *conf.place.policy;
    if (!conf.has_own_connection_end) {
        return true;
    }
    if (policy.endpoint != nullptr) {
        conf_error(cf, conf.connection_end_origin, directive,
                   "has no effect in the location of an endpoint");
        return false;
    }
    // Requests may come from a location that has admitted them.
    const auto* const core = static_cast<const ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (!policy.is_on() && core->internal == 0 && core->named == 0) {
        auto** const location = static_cast<ngx_http_conf_ctx_t*>(cf->ctx)->loc_conf;
        main_conf(cf)->unguarded_ends.emplace_back(location, conf.connection_end_origin);
    }
    return true;
}

// A subrequest of auth_request may check the credential.
bool check_unguarded_ends(ngx_cycle_t* cycle, const MainConf& conf) {
    for (const auto& [location, origin] : conf.unguarded_ends) {
        if (!is_set_in(cycle, location, "ngx_http_auth_request_module", 1)) {
            conf_error(cycle->log, origin, directive,
                       "has no effect: no auth_jwt, auth_password, auth_api_key or auth_request is "
                       "switched on here, and requests do not come from other locations");
            return false;
        }
    }
    return true;
}

} // namespace sallyport::ngx
