#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/account.hpp"
#include "auth/password_hash.hpp"
#include "auth/password_trial.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/string_map.hpp"

namespace sallyport::auth {

// The API keys of a file. Immutable, and designed for a million keys: those stored as a digest take
// about 100 bytes each in a few large blocks. They are found by the digest of the presented key, so
// the time of a lookup reveals nothing about a wrong key.
class ApiKeyAccounts {
  public:
    // A key that is stored as a crypt(3) hash and presented as id.secret.
    struct Hashed {
        PasswordHash secret;
        SharedAccount account;
    };

    ApiKeyAccounts() = default;
    ApiKeyAccounts(ApiKeyAccounts&&) = default;
    ApiKeyAccounts& operator=(ApiKeyAccounts&&) = default;

    // The owner of the key with this SHA-256 digest, or null.
    [[nodiscard]] SharedAccount find(const Digest& digest) const;
    [[nodiscard]] const Hashed* find_hashed(std::string_view id) const noexcept;
    // See PasswordAccounts::kinds.
    [[nodiscard]] const SharedKinds& kinds() const noexcept { return kinds_; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size() + hashed_.size(); }

  private:
    friend class ApiKeyAccountsReader;
    // Properties that many keys share.
    struct Group {
        std::string tenant;
        std::vector<std::string> roles;
        auto operator<=>(const Group&) const = default;
    };
    struct Entry {
        Digest digest;
        std::int64_t not_before;
        std::int64_t expires;
        std::uint32_t subject; // the offset in subjects_
        std::uint32_t subject_size;
        std::uint32_t group;
    };

    // The position of the digest in slots_, or the position where it would be.
    [[nodiscard]] std::size_t slot(const Digest& digest) const noexcept;
    [[nodiscard]] bool add(Entry entry);
    void grow();
    void resize(std::size_t slots);

    std::vector<Entry> entries_;
    std::vector<std::uint32_t> slots_; // 1 + index of an entry, or 0; the size is a power of two
    std::string subjects_;
    std::vector<Group> groups_;
    StringMap<Hashed> hashed_;
    SharedKinds kinds_;
};

constexpr std::size_t max_api_key_file_bytes = std::size_t{1} << 30;

// A accounts, and a phrase for each skipped entry.
struct LoadedApiKeys {
    ApiKeyAccounts accounts;
    std::vector<std::string> warnings;
};

// Reads a JSON object: id -> {"key": "sha256:<hexadecimal>" or a crypt(3) hash, "sub", "tenant_id",
// "roles", "not_before", "expires"} (see account_data; only the key is required). Several keys can
// have the same sub, so a client's key can be replaced without an interruption.
Result<LoadedApiKeys> load_api_keys(std::string_view text);

} // namespace sallyport::auth
