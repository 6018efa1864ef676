#include "ngx/sources/asked_keys.hpp"

#include "base/text.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/runtime/worker.hpp"
#include "ngx/sources/fetched_keys.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::size_t max_name = 256;

std::string named(std::string_view directive, std::string_view name) {
    return std::string(directive) + " \"" + log_safe(name, max_name) + '"';
}

AskedKeys from(const KeyFile& file) {
    return {named("key file", file.path()), file.latest(), file.error()};
}

bool is_allowed(std::string_view name) {
    return !name.empty() && !has_control(name) && !climbs(name);
}

AskedKeys from_named_file(ngx_http_request_t* r, const NamedSource& source,
                          std::string_view tenant) {
    const std::string_view value = evaluate(r, source.name);
    if (!is_allowed(value)) {
        return {named("key file", value), nullptr, "the name is not allowed"};
    }
    ngx_str_t path = pool_copy(r->pool, value);
    auto* const cycle = const_cast<ngx_cycle_t*>(ngx_cycle);
    if (ngx_get_full_name(r->pool, &cycle->conf_prefix, &path) != NGX_OK) {
        throw std::bad_alloc();
    }
    return from(worker(r)->named_key_files->find(
        {std::string(view(path)), source.format, std::string(tenant)}));
}

AskedKeys from_request(ngx_http_request_t* r, const NamedSource& source,
                       jwt::FetchPlan::Times times, std::string_view tenant) {
    const std::string_view uri = evaluate(r, source.name);
    if (!is_allowed(uri) || uri.front() != '/') {
        return {named("key request", uri), nullptr, "the URI is not allowed"};
    }
    const auto* const core = static_cast<const ngx_http_core_srv_conf_t*>(
        ngx_http_get_module_srv_conf(r, ngx_http_core_module));
    const auto fetched = worker(r)->fetched_keys->find(
        {core->ctx, std::string(uri), source.format, times, std::string(tenant)},
        source.name->lengths != nullptr);
    return {named("key request", uri), fetched->fetched_last(), fetched->error()};
}

} // namespace

std::vector<AskedKeys> asked_keys(ngx_http_request_t* r, const KeySources& sources,
                                  jwt::FetchPlan::Times times, std::string_view tenant) {
    std::vector<AskedKeys> asked;
    if (sources.own) {
        asked.push_back({"auth_jwt_key", &*sources.own});
    }
    for (const KeyFile* const file : sources.files) {
        asked.push_back(from(*file));
    }
    for (const NamedSource& source : sources.named_files) {
        asked.push_back(from_named_file(r, source, tenant));
    }
    for (const NamedSource& source : sources.requests) {
        asked.push_back(from_request(r, source, times, tenant));
    }
    return asked;
}

} // namespace sallyport::ngx
