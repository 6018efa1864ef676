#include "ngx/conf/compile_keys.hpp"

#include "ngx/runtime/background.hpp"
#include "ngx/runtime/metrics.hpp"
#include "ngx/runtime/pool.hpp"

namespace sallyport::ngx {
namespace {

// One label for all tenants, of which there may be ten thousand.
constexpr std::string_view tenants_source = "tenants";

std::string no_usable_key(const KeyFile& file) {
    const std::size_t left_out = file.left_out();
    return "has no usable key" +
           (left_out > 0 ? " (" + std::to_string(left_out) + " skipped)" : std::string());
}

// Creates the key sources of one level or tenant.
class Preparation {
  public:
    Preparation(ngx_conf_t* cf, jwt::WeakKeys weak, std::string tenant = {})
        : cf_(cf),
          weak_(weak),
          tenant_(std::move(tenant)) {}

    std::shared_ptr<const KeySources> prepare(const KeyDirectives& keys) {
        auto sources = std::make_shared<KeySources>();
        if (!add_keys(keys.keys, *sources)) {
            return nullptr;
        }
        for (const KeyDirectives::Named& file : keys.files) {
            if (!add_file(file, *sources)) {
                return nullptr;
            }
        }
        for (const KeyDirectives::Named& request : keys.requests) {
            sources->requests.push_back(
                {request.name, {request.format, weak_}, number(*request.name)});
        }
        const bool reads = !keys.files.empty() || !keys.requests.empty();
        return !reads || want_threads(cf_) ? sources : nullptr;
    }

  private:
    bool add_keys(const std::vector<KeyDirectives::Direct>& directives, KeySources& sources) {
        std::vector<jwt::Key> keys;
        for (const KeyDirectives::Direct& direct : directives) {
            if (weak_ == jwt::WeakKeys::refused &&
                direct.key.strong_algorithms() != direct.key.algorithms()) {
                mistake(direct.origin, "auth_jwt_key",
                        "key \"" + *direct.key.kid() +
                            "\" is too weak for its algorithm (see auth_jwt_weak_keys)");
                return false;
            }
            keys.push_back(direct.key);
        }
        if (!keys.empty()) {
            sources.own.emplace(std::move(keys));
        }
        return true;
    }

    bool add_file(const KeyDirectives::Named& file, KeySources& sources) {
        if (file.name->lengths != nullptr) {
            sources.named_files.push_back({file.name, {file.format, weak_}, number(*file.name)});
            return true;
        }
        const KeyFileSpec spec{std::string(view(file.name->value)), {file.format, weak_}, tenant_};
        auto& entry = main_conf(cf_)->key_files[spec];
        if (!entry) {
            entry = std::make_shared<KeyFile>(spec);
        }
        const auto error = entry->latest() != nullptr ? std::nullopt : entry->load(cf_->log);
        if (error || entry->latest()->size() == 0) {
            mistake(file.origin, "auth_jwt_key_file",
                    "\"" + spec.path + "\" " + error.value_or(no_usable_key(*entry)));
            return false;
        }
        entry->report_as(number(*file.name));
        sources.files.push_back(entry.get());
        return true;
    }

    // The number of a source in the metrics.
    [[nodiscard]] std::size_t number(const ngx_http_complex_value_t& name) const {
        Metrics* const metrics = main_conf(cf_)->metrics.get();
        if (metrics == nullptr) {
            return not_reported;
        }
        return metrics->source(tenant_.empty() ? view(name.value) : tenants_source);
    }

    void mistake(const Origin& origin, const char* directive, const std::string& reason) {
        if (tenant_.empty()) {
            conf_error(cf_, origin, directive, reason);
        } else {
            conf_error(cf_, origin, "auth_tenant", '"' + tenant_ + "\": " + reason);
        }
    }

    ngx_conf_t* cf_;
    jwt::WeakKeys weak_;
    std::string tenant_;
};

template <typename T>
std::optional<T> unless_empty(const T& value) {
    return value.empty() ? std::nullopt : std::optional(value);
}

} // namespace

std::shared_ptr<const KeySources> prepare_sources(ngx_conf_t* cf, KeyDirectives& keys,
                                                  jwt::WeakKeys weak) {
    auto& ready = weak == jwt::WeakKeys::allowed ? keys.with_weak : keys.strong_only;
    if (!ready) {
        ready = Preparation(cf, weak).prepare(keys);
    }
    return ready;
}

std::shared_ptr<const Tenants> prepare_tenants(ngx_conf_t* cf, TenantDirectives& tenants,
                                               jwt::WeakKeys weak) {
    auto& ready = weak == jwt::WeakKeys::allowed ? tenants.with_weak : tenants.strong_only;
    if (ready) {
        return ready;
    }
    auto made = std::make_shared<Tenants>();
    made->directory = &tenants.directory;
    made->all.reserve(tenants.blocks.size());
    for (const TenantDirectives::Block& block : tenants.blocks) {
        auto sources = Preparation(cf, weak, block.name).prepare(block.keys);
        if (!sources) {
            return nullptr;
        }
        made->all.push_back({block.name, unless_empty(block.issuers), unless_empty(block.audiences),
                             unless_empty(block.algorithms), block.key_cache, std::move(sources)});
    }
    ready = std::move(made);
    return ready;
}

} // namespace sallyport::ngx
