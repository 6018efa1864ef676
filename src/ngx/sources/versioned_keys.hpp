#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/secret.hpp"
#include "jwt/jwks.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The number under which Metrics lists a source of keys.
inline constexpr std::size_t not_reported = SIZE_MAX;

// How a key set is read.
struct KeyFormat {
    jwt::KeysetFormat format = jwt::KeysetFormat::jwks;
    jwt::WeakKeys weak = jwt::WeakKeys::refused;

    bool operator==(const KeyFormat&) const = default;
};

// The keys of one source, and the digest of the text that they were read from.
class VersionedKeys {
  public:
    using Format = KeyFormat;
    static constexpr std::size_t max_bytes = jwt::max_keyset_bytes;
    static constexpr const char* plural = "keys";

    // `loaded` is empty if the text has not changed.
    struct Parsed {
        Digest digest;
        std::optional<jwt::LoadedKeyset> loaded;
    };
    // May run on any thread.
    static Result<Parsed> parse(const Secret& text, KeyFormat format,
                                const std::optional<Digest>& known);

    // Null until the first text was read.
    [[nodiscard]] const jwt::Keyset* content() const noexcept { return keys_.get(); }
    [[nodiscard]] const std::optional<Digest>& digest() const noexcept { return digest_; }
    // How many keys of the text are not in the content.
    [[nodiscard]] std::size_t left_out() const noexcept { return left_out_; }

    // Replaces the keys, and logs which keys were left out and, unless `quietly`, what changed.
    // Pointers to the previous keys become invalid.
    void take(Parsed parsed, const std::string& label, ngx_log_t* log, bool quietly);

  private:
    std::unique_ptr<const jwt::Keyset> keys_;
    std::optional<Digest> digest_;
    std::size_t left_out_ = 0;
};

// Names a source of keys in a log line: key file "a.jwks" of tenant "acme".
std::string key_source_label(const char* kind, std::string_view name, std::string_view tenant);

} // namespace sallyport::ngx
