#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "jwt/revocation_list.hpp"
#include "ngx/runtime/background.hpp"
#include "ngx/sources/reloaded_file.hpp"

namespace sallyport::ngx {

// The names in a file. There may be many, so they are loaded and freed on a thread.
class RevokedNames {
  public:
    struct Format {};
    static constexpr std::size_t max_bytes = jwt::max_revocation_list_bytes;
    static constexpr const char* plural = "names";

    // `names` is null if the text has not changed.
    struct Parsed {
        Digest digest;
        std::shared_ptr<const jwt::RevocationList> names;
    };
    static Result<Parsed> parse(const Secret& text, Format, const std::optional<Digest>& known) {
        Parsed parsed{sha256(text.view()), nullptr};
        if (parsed.digest == known) {
            return parsed;
        }
        auto loaded = jwt::RevocationList::load(sallyport::text(text.view()));
        if (!loaded) {
            return failure(loaded.error());
        }
        parsed.names = std::make_shared<const jwt::RevocationList>(*std::move(loaded));
        return parsed;
    }

    [[nodiscard]] const jwt::RevocationList* content() const noexcept { return names_.get(); }
    [[nodiscard]] const std::optional<Digest>& digest() const noexcept { return digest_; }

    void take(Parsed parsed, const std::string& label, ngx_log_t* log, bool quietly) {
        if (!parsed.names) {
            return;
        }
        if (!quietly) {
            ngx_log_error(NGX_LOG_NOTICE, log, 0, "sallyport: %s changed: %uz %s", label.c_str(),
                          parsed.names->size(), plural);
        }
        names_.swap(parsed.names);
        digest_ = parsed.digest;
        free_in_background(std::move(parsed.names));
    }

  private:
    std::shared_ptr<const jwt::RevocationList> names_;
    std::optional<Digest> digest_;
};

// A list of auth_jwt_revocation_list_sub or auth_jwt_revocation_list_kid.
class RevocationFile : public ReloadedFile<RevokedNames> {
  public:
    explicit RevocationFile(const std::string& path)
        : ReloadedFile(path, RevokedNames::Format{}, "revocation list \"" + path + '"') {}
};

} // namespace sallyport::ngx
