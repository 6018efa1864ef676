#include "jwt/registered_claims.hpp"

#include <cmath>

#include "base/json.hpp"

namespace sallyport::jwt {
namespace {

// Beyond this a double does not hold every second.
constexpr double max_numeric_date = 9007199254740992.0;

std::optional<double> numeric_date(const json_t* value) {
    const double seconds = json_is_number(value) ? json_number_value(value) : -1;
    if (!std::isfinite(seconds) || seconds < 0 || seconds > max_numeric_date ||
        (json_is_integer(value) && json_integer_value(value) > json_int_t{1} << 53)) {
        return std::nullopt;
    }
    return seconds;
}

void read_times(RegisteredClaims& claims, const json_t* exp, const json_t* nbf) {
    claims.expiry = numeric_date(exp);
    claims.not_before = numeric_date(nbf);
    claims.times_well_formed =
        (exp == nullptr || claims.expiry) && (nbf == nullptr || claims.not_before);
}

void read_audiences(RegisteredClaims& claims, const json_t* aud) {
    if (const auto one = json::string(aud)) {
        claims.audiences.push_back(*one);
        return;
    }
    claims.audiences_well_formed = aud == nullptr || json_is_array(aud);
    claims.audiences.reserve(json_array_size(aud));
    for (std::size_t i = 0; i < json_array_size(aud); ++i) {
        const auto name = json::string(json_array_get(aud, i));
        claims.audiences_well_formed = claims.audiences_well_formed && name;
        claims.audiences.push_back(name.value_or(""));
    }
}

} // namespace

RegisteredClaims RegisteredClaims::of(const json_t* payload) {
    RegisteredClaims claims;
    read_times(claims, json::member(payload, "exp"), json::member(payload, "nbf"));
    const json_t* const iss = json::member(payload, "iss");
    claims.issuer = json::string(iss);
    claims.issuer_well_formed = iss == nullptr || claims.issuer;
    read_audiences(claims, json::member(payload, "aud"));
    return claims;
}

} // namespace sallyport::jwt
