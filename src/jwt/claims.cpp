#include "jwt/claims.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace sallyport::jwt {
namespace {

using Kind = json::Element::Kind;

bool contains(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<Reason> check_time(const RegisteredClaims& claims, const TimeRules& rules,
                                 double now) {
    const auto leeway = static_cast<double>(rules.leeway);
    if (!claims.times_well_formed) {
        return Reason::claim_malformed;
    }
    if (!claims.expiry && rules.require_exp) {
        return Reason::expiry_missing;
    }
    if (rules.validate_exp && claims.expiry && now >= *claims.expiry + leeway) {
        return Reason::token_expired;
    }
    if (claims.not_before && now + leeway < *claims.not_before) {
        return Reason::token_not_yet_valid;
    }
    return std::nullopt;
}

std::optional<Reason> check_issuer(const RegisteredClaims& claims, const Names& issuers) {
    if (!claims.issuer_well_formed) {
        return Reason::claim_malformed;
    }
    const bool good = issuers.empty() || (claims.issuer && contains(issuers, *claims.issuer));
    return good ? std::nullopt : std::optional(Reason::issuer_mismatch);
}

std::optional<Reason> check_audience(const RegisteredClaims& claims, const Names& audiences) {
    if (!claims.audiences_well_formed) {
        return Reason::claim_malformed;
    }
    const bool good =
        audiences.empty() ||
        std::any_of(claims.audiences.begin(), claims.audiences.end(),
                    [&](std::string_view audience) { return contains(audiences, audience); });
    return good ? std::nullopt : std::optional(Reason::audience_mismatch);
}

std::string raw_text(const json::Element* value) {
    if (value == nullptr || value->kind() == Kind::null) {
        return {};
    }
    if (const auto string = json::string(value)) {
        return std::string(*string);
    }
    if (value->kind() != Kind::array) {
        return json::compact(value);
    }
    std::string list;
    const char* comma = "";
    for (const json::Element* const element : json::Elements(value)) {
        list += comma;
        list += element->kind() == Kind::array ? json::compact(element) : raw_text(element);
        comma = ",";
    }
    return list;
}

} // namespace

std::string claim_text(const json::Element* value) {
    std::string text = raw_text(value);
    return has_control(text) ? std::string() : text;
}

std::optional<Reason> check_claims(const VerifiedToken& token, const TimeRules& times,
                                   const Names& issuers, const Names& audiences, std::int64_t now) {
    const RegisteredClaims& claims = token.registered_claims();
    if (const auto reason = check_time(claims, times, static_cast<double>(now))) {
        return reason;
    }
    if (const auto reason = check_issuer(claims, issuers)) {
        return reason;
    }
    return check_audience(claims, audiences);
}

} // namespace sallyport::jwt
