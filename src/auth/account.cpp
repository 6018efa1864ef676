#include "auth/account.hpp"

#include "base/text.hpp"
#include "base/timestamp.hpp"
#include "json/jansson.hpp"

namespace sallyport::auth {
namespace {

Result<std::vector<std::string>> read_roles(const json_t* value) {
    std::vector<std::string> roles;
    if (value != nullptr && !json_is_array(value)) {
        return failure("roles is not an array");
    }
    for (std::size_t i = 0; i < json_array_size(value); ++i) {
        const auto role = json::string(json_array_get(value, i));
        if (!role || !is_name(*role) || role->find(',') != std::string_view::npos) {
            return failure("roles contains something other than names of roles");
        }
        roles.emplace_back(*role);
    }
    return roles;
}

// False when there is a value that is no time.
bool read_time(const json_t* value, std::optional<std::int64_t>& time) {
    if (json_is_integer(value)) {
        time = json_integer_value(value);
    } else if (const auto text = json::string(value)) {
        time = parse_rfc3339(*text);
    }
    return value == nullptr || time.has_value();
}

Principal principal_of(const AccountData& data) {
    return {data.subject, data.tenant, {data.roles.begin(), data.roles.end()}};
}

} // namespace

Account::Account(AccountData data) : data_(std::move(data)), principal_(principal_of(data_)) {}

std::optional<Reason> Account::check_time(std::int64_t now) const noexcept {
    if (data_.not_before && now < *data_.not_before) {
        return Reason::credential_not_yet_valid;
    }
    if (data_.expires && now >= *data_.expires) {
        return Reason::credential_expired;
    }
    return std::nullopt;
}

Result<AccountData> account_data(const json_t* members, std::string_view subject) {
    AccountData data;
    if (const json_t* const sub = json::member(members, "sub"); sub != nullptr) {
        subject = json::string(sub).value_or("");
    }
    if (!is_name(subject)) {
        return failure("sub is not the name of a subject");
    }
    data.subject = subject;
    const json_t* const tenant = json::member(members, "tenant_id");
    if (tenant != nullptr && !json_is_null(tenant)) {
        data.tenant = json::string(tenant).value_or("");
        if (!is_name(data.tenant)) {
            return failure("tenant_id is not the name of a tenant");
        }
    }
    auto roles = read_roles(json::member(members, "roles"));
    if (!roles) {
        return failure(roles.error());
    }
    data.roles = std::move(*roles);
    if (!read_time(json::member(members, "not_before"), data.not_before)) {
        return failure("not_before is not a time");
    }
    if (!read_time(json::member(members, "expires"), data.expires)) {
        return failure("expires is not a time");
    }
    return data;
}

} // namespace sallyport::auth
