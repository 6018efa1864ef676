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
class PasswordBook {
  public:
    struct Entry {
        PasswordHash password;
        SharedAccount account;
    };

    // Null when there is no such user.
    [[nodiscard]] const Entry* find(std::string_view user) const noexcept;
    // The kinds of slow hashes in the book, each of which a wrong password must cost.
    [[nodiscard]] const SharedKinds& kinds() const noexcept { return kinds_; }
    [[nodiscard]] std::size_t size() const noexcept { return users_.size(); }

  private:
    friend class PasswordBookReader;

    StringMap<Entry> users_;
    SharedKinds kinds_;
};

constexpr std::size_t max_password_file_bytes = std::size_t{64} << 20;

// A book and one phrase for each entry that was left out of it.
struct LoadedPasswords {
    PasswordBook book;
    std::vector<std::string> warnings;
};

// An htpasswd file, or a JSON object: user -> {"password", "sub", "tenant_id", "roles",
// "not_before", "expires"} (see account_data; only the password must be there), which begins with
// a brace. In an htpasswd file the first line of a user counts; one that is empty, or has lines and
// not a single user, locked users included, is an error.
Result<LoadedPasswords> load_passwords(std::string_view text, PlainPasswords plain);

} // namespace sallyport::auth
