#pragma once

#include <memory>
#include <string>

#include "base/lru.hpp"
#include "base/weak_list.hpp"
#include "ngx/sources/key_stock.hpp"
#include "ngx/sources/stock_file.hpp"

namespace sallyport::ngx {

// What a key file is read as. Places that read one file in one way share it.
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
class KeyFile : public StockFile<KeyStock> {
  public:
    explicit KeyFile(const KeyFileSpec& spec)
        : StockFile(spec.path, spec.format, key_source_label("key file", spec.path, spec.tenant)) {}

    void report_as(std::size_t source) noexcept { reported_as_ = source; }
    [[nodiscard]] std::size_t reported_as() const noexcept { return reported_as_; }

    // Keys of the text that was read last and that are not used.
    [[nodiscard]] std::size_t left_out() const noexcept { return stock().left_out(); }

  private:
    std::size_t reported_as_ = not_reported;
};

// Files whose names come from variables, loaded when first named; the least recently used one is
// forgotten when there are too many.
class NamedKeyFiles {
  public:
    static constexpr std::size_t limit = 1000;

    // Good until the next call.
    KeyFile& find(const KeyFileSpec& spec) {
        return *files_.find(spec, [&] {
            auto file = std::make_shared<KeyFile>(spec);
            all_.push_back(file);
            return file;
        });
    }
    // One that has no keys shall not push out one that has.
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
