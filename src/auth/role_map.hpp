#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.hpp"

namespace sallyport::auth {

// What one HTTP method asks for.
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

// HTTP method -> rule: a closed list. A method without a line of its own follows ALL, or GET in the
// case of HEAD; without those it is closed.
class RoleMap {
  public:
    // One line of configuration: "METHOD [any|all] role...", "METHOD on" or "METHOD off", its
    // words without the semicolon. Nothing, or what it has that it should not have.
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
