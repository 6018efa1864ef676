#include "ngx/key_sources.hpp"

#include "ngx/pool.hpp"

namespace sallyport::ngx {
namespace {

bool add_keys(ngx_conf_t* cf, KeyDirectives& directives, jwt::WeakKeys weak, KeySources& sources) {
    std::vector<jwt::Key> keys;
    for (const KeyDirectives::Direct& direct : directives.keys) {
        if (weak == jwt::WeakKeys::refused &&
            direct.key.strong_algorithms() != direct.key.algorithms()) {
            conf_error(cf, direct.origin, "auth_jwt_key",
                       "key \"" + *direct.key.kid() +
                           "\" is too short for its algorithm (see auth_jwt_weak_keys)");
            return false;
        }
        keys.push_back(direct.key);
    }
    if (!keys.empty()) {
        sources.own.emplace(std::move(keys));
    }
    return true;
}

bool add_file(ngx_conf_t* cf, const KeyDirectives::File& file, jwt::WeakKeys weak,
              KeySources& sources) {
    if (file.name->lengths != nullptr) {
        sources.named_files.push_back({file.name, file.format, weak});
        return true;
    }
    KeyFile& loaded =
        main_conf(cf)->key_file({std::string(view(file.name->value)), file.format, weak});
    const auto error = loaded.load(cf->log);
    if (error || loaded.latest()->size() == 0) {
        conf_error(cf, file.origin, "auth_jwt_key_file",
                   "\"" + loaded.spec().path + "\" " + error.value_or("has no usable key"));
        return false;
    }
    sources.files.push_back(&loaded);
    return true;
}

} // namespace

std::shared_ptr<const KeySources> prepare_sources(ngx_conf_t* cf, KeyDirectives& keys,
                                                  jwt::WeakKeys weak) {
    auto& ready = weak == jwt::WeakKeys::allowed ? keys.with_weak : keys.strong_only;
    if (ready) {
        return ready;
    }
    auto sources = std::make_shared<KeySources>();
    if (!add_keys(cf, keys, weak, *sources)) {
        return nullptr;
    }
    for (const KeyDirectives::File& file : keys.files) {
        if (!add_file(cf, file, weak, *sources)) {
            return nullptr;
        }
    }
    ready = std::move(sources);
    return ready;
}

} // namespace sallyport::ngx
