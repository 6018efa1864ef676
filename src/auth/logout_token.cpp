#include "auth/logout_token.hpp"

#include <algorithm>
#include <cmath>

#include "auth/token_issuer.hpp"
#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "json/document.hpp"

namespace sallyport::auth {
namespace {

using json::Element;

constexpr const char* logout_event = "http://schemas.openid.net/event/backchannel-logout";

bool is_name(const Element* value) {
    const auto text = json::string(value);
    return text && !text->empty() && text->size() <= max_revocation_text && !has_control(*text);
}

// A prefix of media types may be omitted (RFC 7515 section 4.1.9).
bool has_type(const jwt::VerifiedToken& token) {
    const Element* const value = json::member(token.header(), "typ");
    const std::string_view type = json::string(value).value_or("");
    return value == nullptr || equal_ignoring_case(type, "logout+jwt") ||
           equal_ignoring_case(type, "application/logout+jwt");
}

bool has_logout_event(const Element* payload) {
    const Element* const events = json::member(payload, "events");
    return json::is(events, Element::Kind::object) &&
           json::is(json::member(events, logout_event), Element::Kind::object);
}

bool is_recent(const jwt::VerifiedToken& token, std::int64_t now) {
    const auto time = issued_at(token);
    return time && std::abs(*time - static_cast<double>(now)) <= logout_window;
}

std::int64_t whole_time(const jwt::VerifiedToken& token) {
    return static_cast<std::int64_t>(std::floor(issued_at(token).value_or(0)));
}

} // namespace

std::optional<std::string_view> logout_fault(const jwt::VerifiedToken& token, std::int64_t now) {
    const Element* const payload = token.payload();
    const Element* const sid = json::member(payload, "sid");
    const Element* const sub = json::member(payload, "sub");
    if (!has_type(token)) {
        return "its typ is not logout+jwt";
    }
    if (!has_logout_event(payload)) {
        return "its events have no backchannel-logout";
    }
    if (json::member(payload, "nonce") != nullptr) {
        return "it has a nonce";
    }
    if (!is_recent(token, now)) {
        return "its iat is not within five minutes";
    }
    if (!is_name(json::member(payload, "jti"))) {
        return "it has no jti";
    }
    if (sid == nullptr && sub == nullptr) {
        return "it has neither sid nor sub";
    }
    if ((sid != nullptr && !is_name(sid)) || (sub != nullptr && !is_name(sub))) {
        return "its sid or sub is not a name";
    }
    return std::nullopt;
}

RevocationEntry logout_entry(const jwt::VerifiedToken& token, std::string_view tenant,
                             std::int64_t now, std::int64_t keep) {
    const auto sid = json::string(json::member(token.payload(), "sid"));
    const auto sub = json::string(json::member(token.payload(), "sub"));
    const std::int64_t time = std::min(whole_time(token), now);
    RevocationEntry entry{sid ? RevocationKind::sid : RevocationKind::sub,
                          std::string(sid ? *sid : sub.value_or(""))};
    entry.tenant_id = tenant.empty() ? every_tenant : tenant;
    entry.issuer = std::string(token.registered_claims().issuer.value_or(""));
    if (!sid) {
        entry.issued_before = time;
    }
    entry.until = time + keep;
    return entry;
}

RevocationEntry logout_memory(const jwt::VerifiedToken& token) {
    const auto jti = json::string(json::member(token.payload(), "jti")).value_or("");
    RevocationEntry entry{RevocationKind::jti,
                          "logout+jwt " + base64url_encode(sha256(bytes(jti)))};
    entry.tenant_id = every_tenant;
    entry.issuer = std::string(token.registered_claims().issuer.value_or(""));
    entry.until = whole_time(token) + logout_window + 1;
    return entry;
}

} // namespace sallyport::auth
