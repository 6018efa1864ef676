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

// The keys that one source has at the moment, and the text they came from.
class KeyStock {
  public:
    using Format = KeyFormat;
    static constexpr std::size_t max_bytes = jwt::max_keyset_bytes;
    static constexpr const char* plural = "keys";

    // What a text holds; nothing where it is the text that the stock has already.
    struct Parsed {
        Digest digest;
        std::optional<jwt::LoadedKeyset> loaded;
    };
    // May run on any thread.
    static Result<Parsed> parse(const Secret& text, KeyFormat format,
                                const std::optional<Digest>& known);

    // Null until the first text was taken.
    [[nodiscard]] const jwt::Keyset* content() const noexcept { return keys_.get(); }
    [[nodiscard]] const std::optional<Digest>& digest() const noexcept { return digest_; }
    // Keys of the text that are not in the content.
    [[nodiscard]] std::size_t left_out() const noexcept { return left_out_; }

    // Takes the new keys in place of the old ones, and tells the log in the name of `label` what
    // was left out and, unless `quietly`, what changed. Pointers to old keys end here.
    void take(Parsed parsed, const std::string& label, ngx_log_t* log, bool quietly);

  private:
    std::unique_ptr<const jwt::Keyset> keys_;
    std::optional<Digest> digest_;
    std::size_t left_out_ = 0;
};

// A source of keys, in the words of a log line: key file "a.jwks" of tenant "acme".
std::string key_source_label(const char* kind, std::string_view name, std::string_view tenant);

} // namespace sallyport::ngx
