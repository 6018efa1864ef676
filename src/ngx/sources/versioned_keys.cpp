#include "ngx/sources/versioned_keys.hpp"

#include "base/text.hpp"
#include "jwt/keyset_change.hpp"
#include "ngx/runtime/audit_log.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::size_t max_logged_name = 512;

void log_left_out(const jwt::LoadedKeyset& loaded, const std::string& label, ngx_log_t* log) {
    for (const std::string& warning : loaded.warnings) {
        ngx_log_error(NGX_LOG_WARN, log, 0, "sallyport: %s: %s", label.c_str(), warning.c_str());
    }
    for (const std::string& notice : loaded.notices) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0, "sallyport: %s: %s", label.c_str(), notice.c_str());
    }
    const std::size_t said = loaded.warnings.size() + loaded.notices.size();
    if (loaded.left_out > said) {
        ngx_log_error(NGX_LOG_WARN, log, 0, "sallyport: %s: %uz more keys skipped", label.c_str(),
                      loaded.left_out - said);
    }
}

} // namespace

Result<VersionedKeys::Parsed> VersionedKeys::parse(const Secret& text, KeyFormat format,
                                                   const std::optional<Digest>& known) {
    Parsed parsed{sha256(text.view()), std::nullopt};
    if (parsed.digest == known) {
        return parsed;
    }
    auto loaded = jwt::load_keyset(sallyport::text(text.view()), format.format, format.weak);
    if (!loaded) {
        return failure(loaded.error());
    }
    parsed.loaded.emplace(std::move(*loaded));
    return parsed;
}

void VersionedKeys::take(Parsed parsed, const std::string& label, ngx_log_t* log, bool quietly) {
    if (!parsed.loaded) {
        return;
    }
    log_left_out(*parsed.loaded, label, log);
    if (!quietly) {
        const std::string change = jwt::describe_change(keys_.get(), parsed.loaded->keys);
        ngx_log_error(NGX_LOG_NOTICE, log, 0, "sallyport: %s changed: %s", label.c_str(),
                      change.c_str());
        const std::string sentence = label + " changed: " + change;
        audit_everywhere({.event = "keys_changed", .reason = sentence});
    }
    left_out_ = parsed.loaded->left_out;
    keys_ = std::make_unique<const jwt::Keyset>(std::move(parsed.loaded->keys));
    digest_ = parsed.digest;
}

std::string key_source_label(const char* kind, std::string_view name, std::string_view tenant) {
    std::string label = kind;
    label += " \"" + log_safe(name, max_logged_name) + '"';
    if (!tenant.empty()) {
        label += " of tenant \"" + log_safe(tenant, max_logged_name) + '"';
    }
    return label;
}

} // namespace sallyport::ngx
