#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <jansson.h>

#include "auth/principal.hpp"
#include "base/reason.hpp"
#include "base/result.hpp"

namespace sallyport::auth {

// The owner of a password or a key, as described by a file or a lookup.
struct AccountData {
    std::string subject;
    std::string tenant; // empty: none
    std::vector<std::string> roles;
    // When the credential is valid, in seconds since the epoch: from `not_before` on, and before
    // `expires`.
    std::optional<std::int64_t> not_before;
    std::optional<std::int64_t> expires;
};

// An account that can be shared. Immutable.
class Account {
  public:
    explicit Account(AccountData data);
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    // Borrowed from this object.
    [[nodiscard]] const Principal& principal() const noexcept { return principal_; }
    // credential_not_yet_valid or credential_expired; empty if the account is valid.
    [[nodiscard]] std::optional<Reason> check_time(std::int64_t now) const noexcept;
    // When the credential becomes valid and expires, if ever.
    [[nodiscard]] std::optional<std::int64_t> not_before() const noexcept {
        return data_.not_before;
    }
    [[nodiscard]] std::optional<std::int64_t> expires() const noexcept { return data_.expires; }

  private:
    AccountData data_;
    Principal principal_;
};

using SharedAccount = std::shared_ptr<const Account>;

// Reads the members sub, tenant_id (a string or null), roles (an array of names), not_before and
// expires (seconds, or RFC 3339) of a JSON object, and ignores others. `subject` is the default for
// sub. Texts that are not names (see is_name) and roles with a comma are errors. The error is one
// phrase.
Result<AccountData> account_data(const json_t* members, std::string_view subject);

} // namespace sallyport::auth
