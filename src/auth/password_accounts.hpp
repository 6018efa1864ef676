#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/account.hpp"
#include "auth/password_hash.hpp"
#include "auth/password_trial.hpp"
#include "base/result.hpp"
#include "base/string_map.hpp"

namespace sallyport::auth {

enum class PlainPasswords { refused, allowed };

// The users of a file and their passwords. Immutable.
class PasswordAccounts {
  public:
    struct Entry {
        PasswordHash password;
        SharedAccount account;
    };

    // Null if there is no such user.
    [[nodiscard]] const Entry* find(std::string_view user) const noexcept;
    // The kinds of slow hashes in the accounts. A wrong password must cost one hash of each kind.
    [[nodiscard]] const SharedKinds& kinds() const noexcept { return kinds_; }
    [[nodiscard]] std::size_t size() const noexcept { return users_.size(); }

  private:
    friend class PasswordAccountsReader;

    StringMap<Entry> users_;
    SharedKinds kinds_;
};

constexpr std::size_t max_password_file_bytes = std::size_t{64} << 20;

// A accounts, and a phrase for each skipped entry.
struct LoadedPasswords {
    PasswordAccounts accounts;
    std::vector<std::string> warnings;
};

// Reads an htpasswd file, or a JSON object: user -> {"password", "sub", "tenant_id", "roles",
// "not_before", "expires"} (see account_data; only the password is required). In an htpasswd file,
// the first line of a user counts. An empty file is an error, and so is a file with lines but
// without any user; locked users count.
Result<LoadedPasswords> load_passwords(std::string_view text, PlainPasswords plain);

} // namespace sallyport::auth
