#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/string_map.hpp"

namespace sallyport::auth {

// Finds the tenant whose keys may have made a token, in a time that does not depend on how many
// tenants there are. Tenants are numbered in the order in which they were added.
class TenantDirectory {
  public:
    // The error is what is wrong with the name. No issuers: any, but those of others.
    std::optional<std::string> add(std::string_view name, const std::vector<std::string>& issuers);

    struct Choice {
        enum class Kind {
            tenant,   // that of `index`
            defaults, // the keys that belong to no tenant
            conflict, // tenant and issuer name different tenants, or only an issuer that several
                      // share
        };
        Kind kind;
        std::size_t index = 0;

        bool operator==(const Choice&) const = default;
    };

    // `tenant` and `issuer` are what a token claims; empty where it does not.
    [[nodiscard]] Choice choose(std::string_view tenant, std::string_view issuer) const;

  private:
    StringMap<std::uint32_t> by_name_;
    StringMap<std::vector<std::uint32_t>> by_issuer_;
    std::vector<bool> has_issuers_;
};

} // namespace sallyport::auth
