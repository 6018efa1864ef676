#include "ngx/keyring.hpp"

#include "base/text.hpp"
#include "ngx/conf.hpp"
#include "ngx/pool.hpp"

namespace sallyport::ngx {
namespace {

// A name made from the request must not lead out of where the configuration points.
bool climbs(std::string_view name) {
    for (const std::string_view segment : split(name, '/')) {
        if (segment == "..") {
            return true;
        }
    }
    return false;
}

} // namespace

Keyring::Keyring(ngx_http_request_t* r, const Policy& policy) {
    if (!policy.sources) {
        return;
    }
    const KeySources& sources = *policy.sources;
    keysets_.reserve(1 + sources.files.size() + sources.named_files.size());
    if (sources.own) {
        keysets_.push_back(&*sources.own);
        keys_ += sources.own->size();
    }
    for (KeyFile* const file : sources.files) {
        add(*file, r->connection->log);
    }
    for (const NamedKeyFile& file : sources.named_files) {
        add_named(r, file);
    }
}

void Keyring::add(KeyFile& file, ngx_log_t* log) {
    if (const jwt::Keyset* const keyset = file.keys(log)) {
        keysets_.push_back(keyset);
        keys_ += keyset->size();
    }
    incomplete_ = incomplete_ || file.broken();
}

void Keyring::add_named(ngx_http_request_t* r, const NamedKeyFile& file) {
    ngx_str_t name{};
    if (ngx_http_complex_value(r, file.name, &name) != NGX_OK) {
        throw std::bad_alloc();
    }
    if (name.len == 0 || has_control(view(name)) || climbs(view(name))) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "sallyport: the name of a key file is empty or not allowed: \"%s\"",
                      log_safe(view(name), 256).c_str());
        incomplete_ = true;
        return;
    }
    name = copy(r->pool, view(name));
    auto* const cycle = const_cast<ngx_cycle_t*>(ngx_cycle);
    if (ngx_get_full_name(r->pool, &cycle->conf_prefix, &name) != NGX_OK) {
        throw std::bad_alloc();
    }
    add(main_conf(r)->named_key_files.find({std::string(view(name)), file.format, file.weak}),
        r->connection->log);
}

} // namespace sallyport::ngx
