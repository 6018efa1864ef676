#include "jwt/registered_claims.hpp"

#include <cstdint>

namespace sallyport::jwt {
namespace {

using Kind = json::Element::Kind;

// Beyond this a double does not hold every second.
constexpr std::int64_t max_numeric_date = std::int64_t{1} << 53;

std::optional<double> numeric_date(const json::Element* value) {
    double seconds = -1;
    if (json::is(value, Kind::real)) {
        seconds = value->real();
    } else if (json::is(value, Kind::integer) && value->integer() <= max_numeric_date) {
        seconds = static_cast<double>(value->integer());
    }
    const bool good = seconds >= 0 && seconds <= static_cast<double>(max_numeric_date);
    return good ? std::optional(seconds) : std::nullopt;
}

// A member, unless its value is null.
const json::Element* present(const json::Element* payload, std::string_view name) {
    const json::Element* const value = json::member(payload, name);
    return json::is(value, Kind::null) ? nullptr : value;
}

void read_times(RegisteredClaims& claims, const json::Element* exp, const json::Element* nbf) {
    claims.expiry = numeric_date(exp);
    claims.not_before = numeric_date(nbf);
    claims.times_well_formed =
        (exp == nullptr || claims.expiry) && (nbf == nullptr || claims.not_before);
}

void read_audiences(RegisteredClaims& claims, const json::Element* aud) {
    if (const auto one = json::string(aud)) {
        claims.audiences.push_back(*one);
        return;
    }
    claims.audiences_well_formed = aud == nullptr || json::is(aud, Kind::array);
    const json::Elements names(aud);
    claims.audiences.reserve(names.size());
    for (const json::Element* const element : names) {
        const auto name = json::string(element);
        claims.audiences_well_formed = claims.audiences_well_formed && name;
        claims.audiences.push_back(name.value_or(""));
    }
}

} // namespace

RegisteredClaims RegisteredClaims::of(const json::Element* payload) {
    RegisteredClaims claims;
    read_times(claims, json::member(payload, "exp"), present(payload, "nbf"));
    const json::Element* const iss = present(payload, "iss");
    claims.issuer = json::string(iss);
    claims.issuer_well_formed = iss == nullptr || claims.issuer;
    read_audiences(claims, present(payload, "aud"));
    claims.confirmation = json::member(payload, "cnf");
    return claims;
}

} // namespace sallyport::jwt
