#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_document.hpp"
#include "base/result.hpp"

namespace sallyport::jwt {

// Where in a JSON object a value stands: one name a level.
class ClaimPath {
  public:
    // From configuration text: the whole text as the name of one member is tried first (many
    // claims are named by a URL), then the text split at its dots.
    static Result<ClaimPath> parse(std::string_view dotted);
    // From one name a level; dots in names mean nothing.
    static ClaimPath of_names(std::vector<std::string> names);

    // Null where there is none.
    [[nodiscard]] const json::Element* find(const json::Element* object) const;

    bool operator==(const ClaimPath&) const = default;

  private:
    std::string whole_; // empty for of_names
    std::vector<std::string> names_;
};

} // namespace sallyport::jwt
