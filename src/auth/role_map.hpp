#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.hpp"

namespace sallyport::auth {

// What one HTTP method requires.
struct RoleRule {
    enum class Kind {
        open,          // no credential
        authenticated, // a credential, no role
        any,           // one of the roles
        all,           // every one of the roles
        closed,        // nobody
    };
    Kind kind = Kind::authenticated;
    std::vector<std::string> roles;

    [[nodiscard]] bool grants(const Principal& principal) const noexcept;
};

// Maps HTTP methods to rules. A method without a rule of its own has that of ALL, or of GET for
// HEAD; otherwise it is closed.
class RoleMap {
  public:
    // Adds a line of the configuration without its semicolon: "METHOD [any|all] role...", "METHOD
    // on" or "METHOD off". Returns what is wrong with it, if anything.
    std::optional<std::string> add(std::span<const std::string_view> words);

    [[nodiscard]] bool empty() const noexcept { return lines_.empty(); }
    [[nodiscard]] const RoleRule& rule(std::string_view method) const noexcept;

  private:
    struct Line {
        std::string method;
        RoleRule rule;
    };

    [[nodiscard]] const RoleRule* find(std::string_view method) const noexcept;

    std::vector<Line> lines_;
};

} // namespace sallyport::auth
