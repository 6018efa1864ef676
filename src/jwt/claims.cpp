#include "jwt/claims.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace sallyport::jwt {
namespace {

// Beyond this a double does not hold every second.
constexpr double max_numeric_date = 9007199254740992.0;

// A NumericDate (RFC 7519 section 2), which may have a fraction.
std::optional<double> numeric_date(const json_t* value) {
    const double seconds = json_is_number(value) ? json_number_value(value) : -1;
    if (!std::isfinite(seconds) || seconds < 0 || seconds > max_numeric_date ||
        (json_is_integer(value) && json_integer_value(value) > json_int_t{1} << 53)) {
        return std::nullopt;
    }
    return seconds;
}

bool contains(const Names& names, std::optional<std::string_view> name) {
    return name && std::find(names.begin(), names.end(), *name) != names.end();
}

std::optional<Reason> check_time(const json_t* payload, const TimeRules& rules, double now) {
    const json_t* const exp = json::member(payload, "exp");
    const json_t* const nbf = json::member(payload, "nbf");
    const auto leeway = static_cast<double>(rules.leeway);
    const auto expiry = numeric_date(exp);
    const auto start = numeric_date(nbf);
    if ((exp != nullptr && !expiry) || (nbf != nullptr && !start)) {
        return Reason::claim_malformed;
    }
    if (exp == nullptr && rules.require_exp) {
        return Reason::expiry_missing;
    }
    if (exp != nullptr && now >= *expiry + leeway) {
        return Reason::token_expired;
    }
    if (nbf != nullptr && now + leeway < *start) {
        return Reason::token_not_yet_valid;
    }
    return std::nullopt;
}

std::optional<Reason> check_issuer(const json_t* iss, const Names& issuers) {
    if (iss != nullptr && !json_is_string(iss)) {
        return Reason::claim_malformed;
    }
    const bool good = issuers.empty() || contains(issuers, json::string(iss));
    return good ? std::nullopt : std::optional(Reason::issuer_mismatch);
}

std::optional<Reason> check_audience(const json_t* aud, const Names& audiences) {
    bool found = audiences.empty() || contains(audiences, json::string(aud));
    if (aud != nullptr && !json_is_string(aud) && !json_is_array(aud)) {
        return Reason::claim_malformed;
    }
    for (std::size_t i = 0; i < json_array_size(aud); ++i) {
        const auto name = json::string(json_array_get(aud, i));
        if (!name) {
            return Reason::claim_malformed;
        }
        found = found || contains(audiences, name);
    }
    return found ? std::nullopt : std::optional(Reason::audience_mismatch);
}

std::string raw_text(const json_t* value) {
    if (value == nullptr || json_is_null(value)) {
        return {};
    }
    if (const auto string = json::string(value)) {
        return std::string(*string);
    }
    if (!json_is_array(value)) {
        return json::compact(value);
    }
    std::string list;
    for (std::size_t i = 0; i < json_array_size(value); ++i) {
        const json_t* const element = json_array_get(value, i);
        list += i > 0 ? "," : "";
        list += json_is_array(element) ? json::compact(element) : raw_text(element);
    }
    return list;
}

} // namespace

std::string claim_text(const json_t* value) {
    std::string text = raw_text(value);
    return has_control(text) ? std::string() : text;
}

std::optional<Reason> check_claims(const VerifiedToken& token, const TimeRules& times,
                                   const Names& issuers, const Names& audiences, std::int64_t now) {
    const json_t* const payload = token.payload();
    if (const auto reason = check_time(payload, times, static_cast<double>(now))) {
        return reason;
    }
    if (const auto reason = check_issuer(json::member(payload, "iss"), issuers)) {
        return reason;
    }
    return check_audience(json::member(payload, "aud"), audiences);
}

} // namespace sallyport::jwt
