#include "auth/role_map.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace sallyport::auth {
namespace {

const RoleRule closed{RoleRule::Kind::closed, {}};

std::string in_quotes(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

bool is_method(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    });
}

} // namespace

bool is_scope(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c < '\x7f' && c != '"' && c != '\\';
    });
}

std::optional<std::string> RoleMap::set_names(RoleRule& rule,
                                              std::span<const std::string_view> names) const {
    const std::string noun = of_ == Of::roles ? "role" : "scope";
    for (const std::string_view name : names) {
        if (name.empty()) {
            return "an empty " + noun;
        }
        if (of_ == Of::roles && (!is_name(name) || name.find(',') != std::string_view::npos)) {
            return "a comma, a control character, or white space at either end, in role " +
                   in_quotes(name);
        }
        if (of_ == Of::scopes && !is_scope(name)) {
            return "a character that scopes cannot have in scope " + in_quotes(name);
        }
        if (std::find(rule.roles.begin(), rule.roles.end(), name) != rule.roles.end()) {
            return noun + ' ' + in_quotes(name) + " twice";
        }
        rule.roles.emplace_back(name);
    }
    return std::nullopt;
}

bool RoleRule::grants(std::span<const std::string_view> names) const noexcept {
    const auto held = [&](std::string_view role) {
        return std::find(names.begin(), names.end(), role) != names.end();
    };
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
    if (!is_method(method)) {
        return "an invalid method " + in_quotes(method);
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
            return (of_ == Of::roles ? "roles after " : "scopes after ") + in_quotes(first);
        }
    } else {
        if (first == "any" || first == "all") {
            rule.kind = first == "any" ? RoleRule::Kind::any : RoleRule::Kind::all;
            rest = rest.subspan(1);
        }
        if (rest.empty()) {
            return (of_ == Of::roles ? "no role for method " : "no scope for method ") +
                   in_quotes(method);
        }
        if (auto wrong = set_names(rule, rest)) {
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

std::vector<std::string> RoleMap::names() const {
    std::vector<std::string> names;
    for (const Line& line : lines_) {
        for (const std::string& name : line.rule.roles) {
            if (std::find(names.begin(), names.end(), name) == names.end()) {
                names.push_back(name);
            }
        }
    }
    return names;
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
