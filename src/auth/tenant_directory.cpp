#include "auth/tenant_directory.hpp"

#include "base/text.hpp"
#include "json/jansson.hpp"

namespace sallyport::auth {

std::optional<std::string> TenantDirectory::add(std::string_view name,
                                                const std::vector<std::string>& issuers) {
    if (name.empty()) {
        return "an empty name";
    }
    if (!is_name(name) || name.find(',') != std::string_view::npos) {
        return "a comma, a control character, or white space at either end, in name \"" +
               std::string(name) + "\"";
    }
    if (!json::is_utf8(name)) {
        return "a name that is not UTF-8, so it cannot be in a token";
    }
    const auto index = static_cast<std::uint32_t>(has_issuers_.size());
    if (!by_name_.emplace(name, index).second) {
        return "a duplicate name \"" + std::string(name) + "\"";
    }
    for (const std::string& issuer : issuers) {
        auto& tenants = by_issuer_[issuer];
        if (tenants.empty() || tenants.back() != index) {
            tenants.push_back(index);
        }
    }
    has_issuers_.push_back(!issuers.empty());
    return std::nullopt;
}

TenantDirectory::Choice TenantDirectory::choose(std::string_view tenant,
                                                std::string_view issuer) const {
    using Kind = Choice::Kind;
    const auto named = tenant.empty() ? by_name_.end() : by_name_.find(tenant);
    const auto speaking = issuer.empty() ? by_issuer_.end() : by_issuer_.find(issuer);
    const bool issuer_is_taken = speaking != by_issuer_.end();
    if (named != by_name_.end()) {
        // A tenant with its own issuers requires one of them after the signature is verified.
        const bool foreign = issuer_is_taken && !has_issuers_[named->second];
        return foreign ? Choice{Kind::conflict} : Choice{Kind::tenant, named->second};
    }
    if (!issuer_is_taken) {
        return {Kind::defaults};
    }
    const bool only_one = tenant.empty() && speaking->second.size() == 1;
    return only_one ? Choice{Kind::tenant, speaking->second.front()} : Choice{Kind::conflict};
}

} // namespace sallyport::auth
