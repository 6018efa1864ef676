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

// What a file or a lookup says of the owner of a password or a key.
struct AccountData {
    std::string subject;
    std::string tenant; // empty: none
    std::vector<std::string> roles;
    // Seconds since the epoch within which the credential is valid: from the first on, and before
    // the second.
    std::optional<std::int64_t> not_before;
    std::optional<std::int64_t> expires;
};

// The same as a principal that can be shared. Immutable.
class Account {
  public:
    explicit Account(AccountData data);
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    // Borrowed from this object.
    [[nodiscard]] const Principal& principal() const noexcept { return principal_; }
    // credential_not_yet_valid, credential_expired, or nothing.
    [[nodiscard]] std::optional<Reason> judge_time(std::int64_t now) const noexcept;
    // When the credential begins and ends, if ever.
    [[nodiscard]] std::optional<std::int64_t> not_before() const noexcept {
        return data_.not_before;
    }
    [[nodiscard]] std::optional<std::int64_t> expires() const noexcept { return data_.expires; }

  private:
    AccountData data_;
    Principal principal_;
};

using SharedAccount = std::shared_ptr<const Account>;

// From the members sub, tenant_id (text or null), roles (an array of names), not_before and expires
// (seconds, or RFC 3339) of a JSON object; others do not matter. `subject` is taken where there is
// no sub. The error is one phrase. Texts that are no names (see is_name) and roles with a comma
// are errors.
Result<AccountData> account_data(const json_t* members, std::string_view subject);

} // namespace sallyport::auth
