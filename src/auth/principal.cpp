#include "auth/principal.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace sallyport::auth {
namespace {

using Kind = json::Element::Kind;

// A claim that, if present, must be a name or an integer. Null counts as absent.
std::optional<std::string_view> text_claim(const json::Element* value) {
    if (value == nullptr || value->kind() == Kind::null) {
        return "";
    }
    const auto text = json::string_or_integer(value);
    return text && is_name(*text) ? text : std::nullopt;
}

std::vector<std::string_view> role_names(const json::Element* value) {
    if (const auto list = json::string(value)) {
        return split(*list, ' ');
    }
    const json::Elements elements(value);
    std::vector<std::string_view> names;
    names.reserve(elements.size());
    for (const json::Element* const element : elements) {
        const auto name = json::string(element);
        if (!name) {
            return {};
        }
        names.push_back(*name);
    }
    return names;
}

// For an object that has no member for the tenant: the names of the members that are true, or that
// are objects with a member for the tenant.
std::vector<std::string_view> names_of_members(const json::Element* object,
                                               std::string_view tenant) {
    std::vector<std::string_view> names;
    const json::Element* name = object->first();
    for (std::size_t left = object->size(); left > 0; --left) {
        const json::Element* const value = name->next();
        const bool in_tenant = json::is(value, Kind::object) &&
                               (tenant.empty() || json::member(value, tenant) != nullptr);
        if (in_tenant || json::is(value, Kind::yes)) {
            names.push_back(name->string());
        }
        name = value->next();
    }
    return names;
}

std::vector<std::string_view> roles_within(const json::Element* roles, std::string_view tenant) {
    if (!json::is(roles, Kind::object)) {
        return role_names(roles);
    }
    const json::Element* const own = tenant.empty() ? nullptr : json::member(roles, tenant);
    return own != nullptr ? role_names(own) : names_of_members(roles, tenant);
}

std::string joined(const std::vector<std::string_view>& names, char separator) {
    std::string list;
    for (const std::string_view name : names) {
        if (!list.empty()) {
            list += separator;
        }
        list += name;
    }
    return list;
}

} // namespace

PrincipalClaims::PrincipalClaims(jwt::ClaimPath roles, jwt::ClaimPath tenant,
                                 std::vector<jwt::ClaimPath> scopes)
    : paths_(std::make_shared<const Paths>(
          Paths{std::move(roles), std::move(tenant), std::move(scopes)})) {}

std::string Principal::role_list() const {
    return joined(roles, ',');
}

std::vector<std::string_view> scopes_of(const jwt::VerifiedToken& token,
                                        const std::vector<jwt::ClaimPath>& paths) {
    for (const jwt::ClaimPath& path : paths) {
        const json::Element* const value = path.find(token.payload());
        if (value != nullptr && value->kind() != Kind::null) {
            std::vector<std::string_view> scopes = role_names(value);
            std::erase_if(scopes, [](std::string_view scope) { return !is_scope(scope); });
            return scopes;
        }
    }
    return {};
}

std::string scope_list(const std::vector<std::string_view>& scopes) {
    return joined(scopes, ' ');
}

Result<Principal, Reason> principal_of(const jwt::VerifiedToken& token,
                                       const PrincipalClaims& claims,
                                       std::string_view tenant_of_keys) {
    const auto subject = text_claim(json::member(token.payload(), "sub"));
    auto tenant = text_claim(claims.tenant().find(token.payload()));
    if (!subject || !tenant) {
        return Failure{Reason::claim_malformed};
    }
    if (tenant->empty()) {
        tenant = tenant_of_keys;
    }
    Principal principal{*subject, *tenant,
                        roles_within(claims.roles().find(token.payload()), *tenant),
                        scopes_of(token, claims.scopes())};
    if (!std::all_of(principal.roles.begin(), principal.roles.end(), is_name)) {
        return Failure{Reason::claim_malformed};
    }
    std::erase_if(principal.roles,
                  [](std::string_view role) { return role.find(',') != std::string_view::npos; });
    return principal;
}

} // namespace sallyport::auth
