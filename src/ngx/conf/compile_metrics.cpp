#include "ngx/conf/compile_metrics.hpp"

#include "ngx/conf/directives.hpp"
#include "ngx/conf/other_modules.hpp"
#include "ngx/conf/slots.hpp"
#include "ngx/runtime/metrics.hpp"

#include "json/jansson.hpp"

namespace sallyport::ngx {
namespace {

// In the order of ngx_http_access_module's lists: IPv4, IPv6, Unix.
constexpr std::size_t access_lists = 1
#if (NGX_HAVE_INET6)
                                     + 1
#endif
#if (NGX_HAVE_UNIX_DOMAIN)
                                     + 1
#endif
    ;

bool is_protected(ngx_cycle_t* cycle, void** location) {
    const auto* const core =
        static_cast<const ngx_http_core_loc_conf_t*>(location[ngx_http_core_module.ctx_index]);
    return core->internal != 0 ||
           is_set_in(cycle, location, "ngx_http_access_module", access_lists) ||
           is_set_in(cycle, location, "ngx_http_auth_basic_module", 1) ||
           is_set_in(cycle, location, "ngx_http_auth_request_module", 1); // the length of its URI
}

constexpr std::string_view nameless = "_"; // for a server without a name

} // namespace

// name:size
Wrong set_auth_metrics_zone(ngx_conf_t* cf, MainConf& conf, Arguments arguments) {
    if (conf.metrics) {
        return is_duplicate();
    }
    ngx_str_t name = arguments.raw(0);
    const auto colon = view(name).find(':');
    if (colon == std::string_view::npos || colon == 0) {
        return "needs a name and a size, such as \"auth:1m\", not " + in_quotes(view(name));
    }
    ngx_str_t size_text{name.len - colon - 1, name.data + colon + 1};
    name.len = colon;
    const ssize_t size = ngx_parse_size(&size_text);
    if (size == NGX_ERROR) {
        return "has an invalid size " + in_quotes(view(size_text));
    }
    if (size < static_cast<ssize_t>(8 * ngx_pagesize)) {
        return "has a zone that is too small: " + in_quotes(arguments[0]);
    }
    conf.metrics = std::make_shared<Metrics>();
    return conf.metrics->create(cf, name, static_cast<std::size_t>(size)) ? std::nullopt
                                                                          : is_said();
}

Wrong set_auth_metrics_label(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (is_set(conf.metrics_label)) {
        return is_duplicate();
    }
    if (arguments[0].empty() || arguments[0].size() > Metrics::max_name) {
        return "has a name that is empty or longer than " + std::to_string(Metrics::max_name) +
               " bytes";
    }
    if (arguments[0].find('$') != std::string_view::npos) {
        return "takes no variables";
    }
    if (!json::is_utf8(arguments[0])) {
        return "has a name that is not UTF-8";
    }
    conf.metrics_label = arguments.raw(0);
    auto& first = main_conf(cf)->metrics_label;
    first = first ? first : origin_of(cf);
    return std::nullopt;
}

std::size_t metrics_label(ngx_conf_t* cf, const LocConf& conf) {
    Metrics* const metrics = main_conf(cf)->metrics.get();
    if (metrics == nullptr) {
        return 0;
    }
    const auto* const core = static_cast<const ngx_http_core_srv_conf_t*>(
        ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module));
    std::string_view name =
        view(is_set(conf.metrics_label) ? conf.metrics_label : core->server_name);
    name = name.substr(0, Metrics::max_name);
    return metrics->label(name.empty() || !json::is_utf8(name) ? nameless : name);
}

bool check_metrics(ngx_cycle_t* cycle, const MainConf& conf) {
    for (const auto& [location, origin] : conf.open_status) {
        if (!is_protected(cycle, location)) {
            ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                          "\"auth_endpoint\" directive shows the status to everyone: protect it, "
                          "for example by \"allow\" and \"deny\", in %V:%ui",
                          &origin.file, origin.line);
        }
    }
    if (conf.metrics) {
        return conf.metrics->check(cycle);
    }
    if (conf.metrics_label) {
        conf_error(cycle->log, *conf.metrics_label, "auth_metrics_label",
                   "needs auth_metrics_zone");
    }
    return !conf.metrics_label;
}

} // namespace sallyport::ngx
