#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "auth/api_key_accounts.hpp"
#include "auth/password_accounts.hpp"
#include "base/digest.hpp"
#include "ngx/runtime/background.hpp"
#include "ngx/sources/reloaded_file.hpp"

namespace sallyport::ngx {

struct Passwords {
    using Book = auth::PasswordAccounts;
    using Format = auth::PlainPasswords;
    static constexpr std::size_t max_bytes = auth::max_password_file_bytes;
    static constexpr const char* file = "password file";
    static constexpr const char* plural = "users";
    static auto load(std::string_view text, Format plain) {
        return auth::load_passwords(text, plain);
    }
};

struct ApiKeys {
    using Book = auth::ApiKeyAccounts;
    struct Format {};
    static constexpr std::size_t max_bytes = auth::max_api_key_file_bytes;
    static constexpr const char* file = "API key file";
    static constexpr const char* plural = "keys";
    static auto load(std::string_view text, Format) { return auth::load_api_keys(text); }
};

// The users or keys of a file. There may be many, so they are loaded and freed on a thread.
template <typename Kind>
class VersionedAccounts {
  public:
    using Book = typename Kind::Book;
    using Format = typename Kind::Format;
    static constexpr std::size_t max_bytes = Kind::max_bytes;
    static constexpr const char* plural = Kind::plural;

    // `accounts` is null if the text has not changed.
    struct Parsed {
        Digest digest;
        std::shared_ptr<const Book> accounts;
        std::vector<std::string> warnings;
    };
    static Result<Parsed> parse(const Secret& text, Format format,
                                const std::optional<Digest>& known) {
        Parsed parsed{sha256(text.view()), nullptr, {}};
        if (parsed.digest == known) {
            return parsed;
        }
        auto loaded = Kind::load(sallyport::text(text.view()), format);
        if (!loaded) {
            return failure(loaded.error());
        }
        parsed.accounts = std::make_shared<const Book>(std::move(loaded->accounts));
        parsed.warnings = std::move(loaded->warnings);
        return parsed;
    }

    [[nodiscard]] const Book* content() const noexcept { return accounts_.get(); }
    [[nodiscard]] const std::optional<Digest>& digest() const noexcept { return digest_; }
    // Increases with each change.
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

    void take(Parsed parsed, const std::string& label, ngx_log_t* log, bool quietly) {
        if (!parsed.accounts) {
            return;
        }
        constexpr std::size_t logged = 20;
        const std::size_t count = parsed.warnings.size();
        for (std::size_t i = 0; i < std::min(count, logged); ++i) {
            ngx_log_error(NGX_LOG_WARN, log, 0, "sallyport: %s: %s", label.c_str(),
                          parsed.warnings[i].c_str());
        }
        if (count > logged) {
            ngx_log_error(NGX_LOG_WARN, log, 0, "sallyport: %s: more entries are skipped",
                          label.c_str());
        }
        if (!quietly) {
            ngx_log_error(NGX_LOG_NOTICE, log, 0, "sallyport: %s changed: %uz %s", label.c_str(),
                          parsed.accounts->size(), plural);
        }
        accounts_.swap(parsed.accounts);
        digest_ = parsed.digest;
        ++generation_;
        free_in_background(std::move(parsed.accounts));
    }

  private:
    std::shared_ptr<const Book> accounts_;
    std::optional<Digest> digest_;
    std::uint64_t generation_ = 0;
};

template <typename Kind>
class AccountFile : public ReloadedFile<VersionedAccounts<Kind>> {
  public:
    AccountFile(const std::string& path, typename Kind::Format format)
        : ReloadedFile<VersionedAccounts<Kind>>(path, format,
                                                std::string(Kind::file) + " \"" + path + '"') {}

    [[nodiscard]] std::uint64_t generation() const noexcept {
        return this->versioned().generation();
    }
};

using PasswordFile = AccountFile<Passwords>;
using ApiKeyFile = AccountFile<ApiKeys>;

} // namespace sallyport::ngx
