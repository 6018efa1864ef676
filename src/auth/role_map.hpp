#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.hpp"

namespace sallyport::auth {

// What one HTTP method requires: roles, or scopes in a map of scopes.
struct RoleRule {
    enum class Kind {
        open,          // no credential
        authenticated, // a credential, no role
        any,           // one of the roles
        all,           // every one of the roles
        closed,        // nobody may use the method
    };
    Kind kind = Kind::authenticated;
    std::vector<std::string> roles;

    [[nodiscard]] bool grants(std::span<const std::string_view> held) const noexcept;
};

// Maps HTTP methods to rules. A method is any token of upper-case letters, "_" and "-" (nginx
// rejects other methods), compared byte for byte. A method without a rule of its own has that of
// ALL, or of GET for HEAD; otherwise it is closed.
class RoleMap {
  public:
    enum class Of { roles, scopes };
    explicit RoleMap(Of of = Of::roles) noexcept : of_(of) {}

    // Adds a line of the configuration without its semicolon: "METHOD [any|all] role...", "METHOD
    // on" or "METHOD off". Returns what is wrong with it, if anything.
    std::optional<std::string> add(std::span<const std::string_view> words);

    [[nodiscard]] bool empty() const noexcept { return lines_.empty(); }
    [[nodiscard]] const RoleRule& rule(std::string_view method) const noexcept;
    // The roles or scopes of all lines, each once.
    [[nodiscard]] std::vector<std::string> names() const;

  private:
    struct Line {
        std::string method;
        RoleRule rule;
    };

    [[nodiscard]] const RoleRule* find(std::string_view method) const noexcept;

    std::optional<std::string> set_names(RoleRule& rule,
                                         std::span<const std::string_view> names) const;

    Of of_;
    std::vector<Line> lines_;
};

} // namespace sallyport::auth
