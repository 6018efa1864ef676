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

// The keys of a file. Immutable, and made for a million of them: those that are stored as a digest
// lie in a few large blocks, about 100 bytes each, and are found by the digest of what a client
// presents, so that the time of a lookup reveals nothing about a wrong key.
class ApiKeyBook {
  public:
    // A key that is stored as a hash of crypt(3) and presented as id.secret.
    struct Hashed {
        PasswordHash secret;
        SharedAccount account;
    };

    ApiKeyBook() = default;
    ApiKeyBook(ApiKeyBook&&) = default;
    ApiKeyBook& operator=(ApiKeyBook&&) = default;

    // The owner of the key with this SHA-256; null if there is none.
    [[nodiscard]] SharedAccount find(const Digest& digest) const;
    [[nodiscard]] const Hashed* find_hashed(std::string_view id) const noexcept;
    // As PasswordBook::kinds.
    [[nodiscard]] const SharedKinds& kinds() const noexcept { return kinds_; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size() + hashed_.size(); }

  private:
    friend class ApiKeyBookReader;
    // Many keys share these.
    struct Group {
        std::string tenant;
        std::vector<std::string> roles;
        auto operator<=>(const Group&) const = default;
    };
    struct Entry {
        Digest digest;
        std::int64_t not_before;
        std::int64_t expires;
        std::uint32_t subject; // where it begins in subjects_
        std::uint32_t subject_size;
        std::uint32_t group;
    };

    // Where the digest is in slots_, or would be.
    [[nodiscard]] std::size_t slot(const Digest& digest) const noexcept;
    [[nodiscard]] bool add(Entry entry);
    void grow();
    void resize(std::size_t slots);

    std::vector<Entry> entries_;
    std::vector<std::uint32_t> slots_; // 1 + index of an entry, or 0; a power of two of them
    std::string subjects_;
    std::vector<Group> groups_;
    StringMap<Hashed> hashed_;
    SharedKinds kinds_;
};

constexpr std::size_t max_api_key_file_bytes = std::size_t{1} << 30;

// A book and one phrase for each entry that was left out of it.
struct LoadedApiKeys {
    ApiKeyBook book;
    std::vector<std::string> warnings;
};

// A JSON object: id -> {"key": "sha256:<hexadecimal>" or a hash of crypt(3), "sub", "tenant_id",
// "roles", "not_before", "expires"} (see account_data; only the key must be there). Any number of
// keys may have one sub, so that a client's key can be exchanged without a break.
Result<LoadedApiKeys> load_api_keys(std::string_view text);

} // namespace sallyport::auth
