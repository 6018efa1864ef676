#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ngx/access/slow_hashes.hpp"
#include "ngx/access/source_check.hpp"
#include "ngx/sources/account_file.hpp"

namespace sallyport::ngx {

// Checks a password with a PasswordFile, or a key with an ApiKeyFile.
template <typename File>
class FileCheck final : public SourceCheck {
  public:
    FileCheck(File& file, const AccountCredential& credential, ngx_msec_t lifetime) noexcept
        : SourceCheck(credential, lifetime),
          file_(file) {}

    Verdict authenticate(ngx_http_request_t* r) override;
    std::optional<Reason> start_waiting(ngx_http_request_t* r, Waiter& waiter) override;
    [[nodiscard]] std::string entry() const override;
    [[nodiscard]] std::string description() const override { return "file " + file_.path(); }

  private:
    // The hash to compare with, its account, and the kinds of hashes that an unknown user must
    // cost as much as. An account without a hash was found by the digest of its key.
    struct Found {
        const auth::PasswordHash* hash = nullptr;
        auth::SharedAccount account{};
        auth::SharedKinds kinds{};

        [[nodiscard]] bool needs_slow_hash() const noexcept {
            return kinds != nullptr && (hash != nullptr || account == nullptr);
        }
        [[nodiscard]] auth::PasswordTrial trial() const {
            return {hash != nullptr ? std::optional(*hash) : std::nullopt, kinds};
        }
    };

    // Reads a key of the form "id.secret" into credential_.
    Found find(ngx_log_t* log);
    Verdict conclude(ngx_http_request_t* r, SlowHash::Outcome outcome,
                     const auth::SharedAccount& account);
    std::string cache_source(ngx_http_request_t* r) override;
    [[nodiscard]] std::uint64_t generation() const noexcept override { return file_.generation(); }

    File& file_;
    std::shared_ptr<SlowHash> slow_hash_;
};

} // namespace sallyport::ngx
