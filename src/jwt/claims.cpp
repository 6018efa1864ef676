#include "jwt/claims.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace sallyport::jwt {
namespace {

constexpr std::size_t max_path_depth = 16;

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

bool contains(const std::vector<std::string>& names, std::optional<std::string_view> name) {
    return name && std::find(names.begin(), names.end(), *name) != names.end();
}

std::optional<Reason> check_time(const json_t* payload, const ClaimRules& rules, double now) {
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

std::optional<Reason> check_issuer(const json_t* iss, const ClaimRules& rules) {
    if (iss != nullptr && !json_is_string(iss)) {
        return Reason::claim_malformed;
    }
    const bool good = rules.issuers.empty() || contains(rules.issuers, json::string(iss));
    return good ? std::nullopt : std::optional(Reason::issuer_mismatch);
}

std::optional<Reason> check_audience(const json_t* aud, const ClaimRules& rules) {
    bool found = rules.audiences.empty() || contains(rules.audiences, json::string(aud));
    if (aud != nullptr && !json_is_string(aud) && !json_is_array(aud)) {
        return Reason::claim_malformed;
    }
    for (std::size_t i = 0; i < json_array_size(aud); ++i) {
        const auto name = json::string(json_array_get(aud, i));
        if (!name) {
            return Reason::claim_malformed;
        }
        found = found || contains(rules.audiences, name);
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

Result<ClaimPath> ClaimPath::parse(std::string_view dotted) {
    ClaimPath path;
    path.whole_ = dotted;
    for (const std::string_view name : split(dotted, '.')) {
        path.names_.emplace_back(name);
    }
    if (dotted.empty() || dotted.front() == '.' || dotted.back() == '.' ||
        dotted.find("..") != std::string_view::npos) {
        return failure("has an empty name");
    }
    if (path.names_.size() > max_path_depth) {
        return failure("has more than 16 levels");
    }
    return path;
}

ClaimPath ClaimPath::of_names(std::vector<std::string> names) {
    ClaimPath path;
    path.names_ = std::move(names);
    return path;
}

const json_t* ClaimPath::find(const json_t* object) const {
    if (!whole_.empty()) {
        if (const json_t* const value = json::member(object, whole_)) {
            return value;
        }
    }
    for (const std::string& name : names_) {
        object = json::member(object, name);
    }
    return object;
}

std::string claim_text(const json_t* value) {
    std::string text = raw_text(value);
    return has_control(text) ? std::string() : text;
}

std::optional<Reason> check_claims(const VerifiedToken& token, const ClaimRules& rules,
                                   std::int64_t now) {
    const json_t* const payload = token.payload();
    if (const auto reason = check_time(payload, rules, static_cast<double>(now))) {
        return reason;
    }
    if (const auto reason = check_issuer(json::member(payload, "iss"), rules)) {
        return reason;
    }
    return check_audience(json::member(payload, "aud"), rules);
}

} // namespace sallyport::jwt
