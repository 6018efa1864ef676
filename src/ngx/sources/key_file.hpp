#pragma once

#include <memory>
#include <string>

#include "base/lru.hpp"
#include "base/weak_list.hpp"
#include "ngx/sources/reloaded_file.hpp"
#include "ngx/sources/versioned_keys.hpp"

namespace sallyport::ngx {

// How a key file is read. Locations that read one file in one way share it.
struct KeyFileSpec {
    std::string path; // absolute
    KeyFormat format;
    std::string tenant; // empty: none

    bool operator==(const KeyFileSpec&) const = default;

    struct Hash {
        std::size_t operator()(const KeyFileSpec& spec) const noexcept {
            return std::hash<std::string>()(spec.path) * 31 + std::hash<std::string>()(spec.tenant);
        }
    };
};

// A key set in a file.
class KeyFile : public ReloadedFile<VersionedKeys> {
  public:
    explicit KeyFile(const KeyFileSpec& spec)
        : ReloadedFile(spec.path, spec.format,
                       key_source_label("key file", spec.path, spec.tenant)) {}

    void report_as(std::size_t source) noexcept { reported_as_ = source; }
    [[nodiscard]] std::size_t reported_as() const noexcept { return reported_as_; }

    // How many keys of the latest text are not used.
    [[nodiscard]] std::size_t left_out() const noexcept { return versioned().left_out(); }

  private:
    std::size_t reported_as_ = not_reported;
};

// Files whose names come from variables. They are loaded when first used, and the least recently
// used one is evicted when there are too many.
class NamedKeyFiles {
  public:
    static constexpr std::size_t limit = 1000;

    // Valid until the next call.
    KeyFile& find(const KeyFileSpec& spec) {
        return *files_.find(spec, [&] {
            auto file = std::make_shared<KeyFile>(spec);
            all_.push_back(file);
            return file;
        });
    }
    // Null if it is not loaded. Valid until the next call.
    KeyFile* loaded(const KeyFileSpec& spec) {
        auto* const file = files_.peek(spec);
        return file != nullptr ? file->get() : nullptr;
    }
    // Makes a file without keys the next to be evicted.
    void demote(const KeyFileSpec& spec) { files_.demote(spec); }
    template <typename Visit>
    void each(Visit&& visit) {
        all_.each(visit);
    }

  private:
    Lru<KeyFileSpec, std::shared_ptr<KeyFile>, KeyFileSpec::Hash> files_{limit};
    WeakList<KeyFile> all_;
};

} // namespace sallyport::ngx
