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

// Finds the tenant whose keys may have signed a token, in a time that does not depend on the number
// of tenants. Tenants are numbered in the order in which they were added.
class TenantDirectory {
  public:
    // Without issuers, the tenant accepts any issuer that no other tenant has. The error says what
    // is wrong with the name.
    std::optional<std::string> add(std::string_view name, const std::vector<std::string>& issuers);

    struct Choice {
        enum class Kind {
            tenant,   // that of `index`
            defaults, // the keys of no tenant
            conflict, // tenant and issuer belong to different tenants, or there is only an issuer
                      // that several share
        };
        Kind kind;
        std::size_t index = 0;

        bool operator==(const Choice&) const = default;
    };

    // The claims of a token that is not verified yet; empty if absent.
    [[nodiscard]] Choice choose(std::string_view tenant, std::string_view issuer) const;

  private:
    StringMap<std::uint32_t> by_name_;
    StringMap<std::vector<std::uint32_t>> by_issuer_;
    std::vector<bool> has_issuers_;
};

} // namespace sallyport::auth
