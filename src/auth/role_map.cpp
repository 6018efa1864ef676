#include "auth/role_map.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace sallyport::auth {
namespace {

// The methods that nginx knows by name, and ALL.
constexpr std::array<std::string_view, 17> known_methods{
    "GET",  "HEAD", "POST",  "PUT",  "PATCH",  "DELETE",   "OPTIONS",   "TRACE", "CONNECT",
    "COPY", "MOVE", "MKCOL", "LOCK", "UNLOCK", "PROPFIND", "PROPPATCH", "ALL"};

const RoleRule closed{RoleRule::Kind::closed, {}};

std::string in_quotes(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

std::optional<std::string> set_roles(RoleRule& rule, std::span<const std::string_view> roles) {
    for (const std::string_view role : roles) {
        if (role.empty()) {
            return "an empty role";
        }
        if (!is_name(role) || role.find(',') != std::string_view::npos) {
            return "a comma, a control character, or white space at either end, in role " +
                   in_quotes(role);
        }
        if (std::find(rule.roles.begin(), rule.roles.end(), role) != rule.roles.end()) {
            return "role " + in_quotes(role) + " twice";
        }
        rule.roles.emplace_back(role);
    }
    return std::nullopt;
}

} // namespace

bool RoleRule::grants(const Principal& principal) const noexcept {
    const auto held = [&](const std::string& role) { return principal.has_role(role); };
    switch (kind) {
    case Kind::open:
    case Kind::authenticated:
        return true;
    case Kind::any:
        return std::any_of(roles.begin(), roles.end(), held);
    case Kind::all:
        return std::all_of(roles.begin(), roles.end(), held);
    case Kind::closed:
        break;
    }
    return false;
}

std::optional<std::string> RoleMap::add(std::span<const std::string_view> words) {
    const std::string_view method = words.front();
    if (std::find(known_methods.begin(), known_methods.end(), method) == known_methods.end()) {
        return "an unknown method " + in_quotes(method);
    }
    if (find(method) != nullptr) {
        return "method " + in_quotes(method) + " twice";
    }
    auto rest = words.subspan(1);
    const std::string_view first = rest.empty() ? std::string_view() : rest.front();
    RoleRule rule{RoleRule::Kind::all, {}};
    if (first == "on" || first == "off") {
        rule.kind = first == "on" ? RoleRule::Kind::authenticated : RoleRule::Kind::open;
        if (rest.size() > 1) {
            return "roles after " + in_quotes(first);
        }
    } else {
        if (first == "any" || first == "all") {
            rule.kind = first == "any" ? RoleRule::Kind::any : RoleRule::Kind::all;
            rest = rest.subspan(1);
        }
        if (rest.empty()) {
            return "no role for method " + in_quotes(method);
        }
        if (auto wrong = set_roles(rule, rest)) {
            return wrong;
        }
    }
    lines_.push_back({std::string(method), std::move(rule)});
    return std::nullopt;
}

const RoleRule& RoleMap::rule(std::string_view method) const noexcept {
    const RoleRule* found = find(method);
    if (found == nullptr && method == "HEAD") {
        found = find("GET");
    }
    if (found == nullptr) {
        found = find("ALL");
    }
    return found != nullptr ? *found : closed;
}

const RoleRule* RoleMap::find(std::string_view method) const noexcept {
    for (const Line& line : lines_) {
        if (line.method == method) {
            return &line.rule;
        }
    }
    return nullptr;
}

} // namespace sallyport::auth
