#include "ngx/sources/keyring.hpp"
#include "ngx/runtime/request.hpp"

#include "base/text.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::size_t max_logged_name = 256;

} // namespace

Keyring::Keyring(ngx_http_request_t* r, const KeySources& sources, jwt::FetchPlan::Times times,
                 std::string_view tenant, const Waiter& waiter, bool early)
    : r_(r),
      times_(times),
      tenant_(tenant),
      waiter_(waiter),
      early_(early),
      keysets_(make_room<const jwt::Keyset*>(r->pool, 1 + sources.files.size() +
                                                          sources.named_files.size() +
                                                          sources.requests.size())) {
    if (sources.own) {
        add(&*sources.own);
    }
    for (KeyFile* const file : sources.files) {
        add(*file);
    }
    for (const NamedSource& source : sources.named_files) {
        add_named(source);
    }
    for (const NamedSource& source : sources.requests) {
        add_request(source);
    }
}

void Keyring::add(const jwt::Keyset* keyset) {
    if (keyset != nullptr) {
        keysets_[size_++] = keyset;
        keys_ += keyset->size();
    }
}

void Keyring::add(KeyFile& file) {
    // A request that has waited for the file uses the result, whatever it is.
    const bool notified = waiter_.was_notified_by(file);
    add(notified ? file.latest() : file.content(r_->connection->log));
    if (file.pending() && !notified) {
        pending_.push_back(file.shared_from_this());
    }
    incomplete_ = incomplete_ || file.broken();
}

std::string Keyring::evaluate(const NamedSource& source, const char* what) {
    ngx_str_t value{};
    if (ngx_http_complex_value(r_, source.name, &value) != NGX_OK) {
        throw std::bad_alloc();
    }
    const std::string_view name = view(value);
    if (!name.empty() && !has_control(name) && !climbs(name)) {
        return std::string(name);
    }
    ngx_log_error(NGX_LOG_ERR, r_->connection->log, 0,
                  "sallyport: the %s is empty or not allowed: \"%s\"", what,
                  log_safe(name, max_logged_name).c_str());
    incomplete_ = true;
    return {};
}

void Keyring::add_named(const NamedSource& source) {
    const std::string value = evaluate(source, "name of a key file");
    if (value.empty()) {
        return;
    }
    ngx_str_t name = pool_copy(r_->pool, value);
    auto* const cycle = const_cast<ngx_cycle_t*>(ngx_cycle);
    if (ngx_get_full_name(r_->pool, &cycle->conf_prefix, &name) != NGX_OK) {
        throw std::bad_alloc();
    }
    const KeyFileSpec spec{std::string(view(name)), source.format, std::string(tenant_)};
    NamedKeyFiles& files = *worker(r_)->named_key_files;
    KeyFile& file = files.find(spec);
    file.report_as(source.reported_as);
    add(file);
    if (file.latest() == nullptr && !file.pending()) {
        files.demote(spec);
    }
}

void Keyring::add_request(const NamedSource& source) {
    const std::string uri = evaluate(source, "URI of a key request");
    if (uri.empty()) {
        return;
    }
    // nginx escapes blanks in the path, but passes arguments on unchanged.
    if (uri.front() != '/' || uri.find(' ', uri.find('?')) != std::string::npos) {
        ngx_log_error(NGX_LOG_ERR, r_->connection->log, 0,
                      "sallyport: the URI of a key request does not begin with a slash, or has a "
                      "blank in its arguments: \"%s\"",
                      log_safe(uri, max_logged_name).c_str());
        incomplete_ = true;
        return;
    }
    const auto* const core = static_cast<const ngx_http_core_srv_conf_t*>(
        ngx_http_get_module_srv_conf(r_, ngx_http_core_module));
    const KeyRequestSpec spec{core->ctx, uri, source.format, times_, std::string(tenant_)};
    FetchedKeySets& sets = *worker(r_)->fetched_keys;
    const auto fetched = sets.find(spec, source.name->lengths != nullptr);
    fetched->report_as(source.reported_as);
    if (early_) {
        add(fetched->fetched_last());
        return;
    }
    const bool waited = waiter_.was_notified_by(*fetched);
    const FetchedKeys::Found found = fetched->find(waited);
    add(found.keys);
    if (found.fetch_due) {
        due_.push_back(fetched);
    }
    if (found.pending) {
        pending_.push_back(fetched);
    } else if (!waited || fetched->slow()) {
        at_hand_.push_back(fetched);
    }
    incomplete_ = incomplete_ || fetched->down();
    if (found.keys == nullptr && !found.pending) {
        sets.demote(spec);
    }
}

void Keyring::fetch_early() {
    for (const auto& fetched : at_hand_) {
        if (fetched->fetch_early()) {
            pending_.push_back(fetched);
        }
    }
}

void Keyring::wait(Waiter& waiter) const {
    for (const auto& supply : pending_) {
        waiter.wait_for(supply);
    }
}

} // namespace sallyport::ngx
