#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/password_hash.hpp"

namespace sallyport::auth {

// One slow hash of each kind in a file. Null if there are none.
using SharedKinds = std::shared_ptr<const std::vector<PasswordHash>>;

// Collects the kinds of slow hashes while a file is read.
class HashKinds {
  public:
    static constexpr std::size_t limit = 16;

    void add(const PasswordHash& hash);
    // False if there were more kinds than the limit.
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    [[nodiscard]] SharedKinds share() &&;

  private:
    std::vector<PasswordHash> kinds_;
    bool complete_ = true;
};

// Compares a password with a user's hash, or with nothing for an unknown user. A wrong password
// costs one hash of each kind in the file, so that response times reveal neither which users exist
// nor which kind of hash a user has.
class PasswordTrial {
  public:
    PasswordTrial(std::optional<PasswordHash> hash, SharedKinds kinds)
        : hash_(std::move(hash)),
          kinds_(std::move(kinds)) {}

    [[nodiscard]] const std::optional<PasswordHash>& hash() const noexcept { return hash_; }
    // Slow. Throws if a hash cannot be computed.
    [[nodiscard]] bool matches(std::string_view password) const;

  private:
    std::optional<PasswordHash> hash_;
    SharedKinds kinds_;
};

} // namespace sallyport::auth
