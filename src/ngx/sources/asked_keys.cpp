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

void add(AskedKeys& asked, const KeyFile& file) {
    asked.keys = file.latest();
    asked.error = file.error();
}

AskedKeys from_file(const KeyFile& file) {
    AskedKeys asked{named("key file", file.path()), nullptr};
    add(asked, file);
    return asked;
}

AskedKeys from_named_file(ngx_http_request_t* r, const NamedSource& source,
                          std::string_view tenant) {
    AskedKeys asked{named("key file", view(source.name->value)), nullptr};
    ngx_str_t path = pool_copy(r->pool, evaluate(r, source.name));
    auto* const cycle = const_cast<ngx_cycle_t*>(ngx_cycle);
    if (ngx_get_full_name(r->pool, &cycle->conf_prefix, &path) != NGX_OK) {
        throw std::bad_alloc();
    }
    const KeyFile* const file = worker(r)->named_key_files->loaded(
        {std::string(view(path)), source.format, std::string(tenant)});
    if (file != nullptr) {
        add(asked, *file);
    }
    return asked;
}

AskedKeys from_request(ngx_http_request_t* r, const NamedSource& source,
                       jwt::FetchPlan::Times times, std::string_view tenant) {
    AskedKeys asked{named("key request", view(source.name->value)), nullptr};
    const auto* const core = static_cast<const ngx_http_core_srv_conf_t*>(
        ngx_http_get_module_srv_conf(r, ngx_http_core_module));
    const auto fetched =
        worker(r)->fetched_keys->known({core->ctx, std::string(evaluate(r, source.name)),
                                        source.format, times, std::string(tenant)},
                                       source.name->lengths != nullptr);
    if (fetched != nullptr) {
        asked.keys = fetched->fetched_last();
        asked.error = fetched->error();
    }
    return asked;
}

} // namespace

std::vector<AskedKeys> asked_keys(ngx_http_request_t* r, const KeySources& sources,
                                  jwt::FetchPlan::Times times, std::string_view tenant) {
    std::vector<AskedKeys> asked;
    if (sources.own) {
        asked.push_back({"auth_jwt_key", &*sources.own});
    }
    for (const KeyFile* const file : sources.files) {
        asked.push_back(from_file(*file));
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
