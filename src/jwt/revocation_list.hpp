#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.hpp"
#include "base/string_map.hpp"

namespace sallyport::jwt {

constexpr std::size_t max_revocation_list_bytes = std::size_t{64} << 20;

// The subjects or the key IDs whose tokens are revoked: the names of the members of a JSON object,
// whose values do not matter. A name that occurs again is listed all the same.
class RevocationList {
  public:
    // The error is one phrase.
    static Result<RevocationList> load(std::string_view text);

    [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }
    [[nodiscard]] bool contains(std::string_view name) const { return names_.contains(name); }

  private:
    StringSet names_;
};

} // namespace sallyport::jwt
