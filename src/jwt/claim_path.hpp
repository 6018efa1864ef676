#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "json/document.hpp"

namespace sallyport::jwt {

constexpr bool is_path(std::string_view text) noexcept {
    return text.starts_with('.') || text.starts_with('[');
}

// Where in a JSON object a value stands. A text that begins with a dot or a bracket is a path of
// steps: .a.b into objects, ."a.b" for a name with dots, .a[0] into an array; within quotes, \" and
// \\ stand for a quote and a backslash. The error of what cannot be a path is one phrase.
class ClaimPath {
  public:
    // Of a text that is not a path, the whole is tried as the name of one member first (many claims
    // are named by a URL), then the text split at its dots.
    static Result<ClaimPath> parse(std::string_view text);
    // One name a level, in which dots mean nothing, or a path.
    static Result<ClaimPath> of_names(const std::vector<std::string>& names);

    // Null where there is none.
    [[nodiscard]] const json::Element* find(const json::Element* object) const noexcept;

    bool operator==(const ClaimPath&) const = default;

  private:
    // The name of a member, or the index of an element.
    using Step = std::variant<std::string, std::size_t>;

    Result<ClaimPath> within_depth() &&;

    std::string whole_; // empty for a path and for of_names
    std::vector<Step> steps_;
};

} // namespace sallyport::jwt
