#include "auth/token_issuer.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "base/encoding.hpp"
#include "base/random.hpp"
#include "jwt/claims.hpp"
#include "jwt/confirmation.hpp"
#include "json/object.hpp"

namespace sallyport::auth {
namespace {

using jwt::Refusal;

jwt::Keyset verification_keys(const SigningKeys* keys) {
    std::vector<jwt::Key> found;
    for (std::size_t i = 0; keys != nullptr && i < keys->size(); ++i) {
        found.push_back((*keys)[i].verification_key());
    }
    return jwt::Keyset(std::move(found));
}

std::string published(const SigningKeys& keys) {
    std::string list;
    for (const jwt::SigningKey& key : keys) {
        if (const json::Value jwk = key.jwk()) {
            list += list.empty() ? "" : ",";
            list += json::compact(jwk.get());
        }
    }
    return "{\"keys\":[" + list + "]}\n";
}

bool has_type(const jwt::VerifiedToken& token, std::string_view type) {
    return json::string(json::member(token.header(), "typ")) == type;
}

// A claim of a verified token of our own, which is a string.
std::string text_claim(const jwt::VerifiedToken& token, std::string_view name) {
    return std::string(json::string(json::member(token.payload(), name)).value_or(""));
}

Who who_of(const jwt::VerifiedToken& token) {
    return {.tenant = text_claim(token, "tenant_id"),
            .subject = text_claim(token, "sub"),
            .sid = text_claim(token, "sid"),
            .jti = text_claim(token, "jti"),
            .kid = std::string(token.kid().value_or(""))};
}

std::vector<std::string> list_claim(const jwt::VerifiedToken& token, std::string_view name) {
    std::vector<std::string> texts;
    for (const json::Element* const one : json::Elements(json::member(token.payload(), name))) {
        texts.emplace_back(json::string(one).value_or(""));
    }
    return texts;
}

json::Value claims_of(const TokenDetails& details) {
    constexpr json::Limits limits{max_token_details, 16};
    json::Value claims = json::parse_object(details.claims, limits);
    if (!claims) {
        throw std::runtime_error("the additional claims of a token are not a JSON object");
    }
    return claims;
}

// Keeps the members that auth_token_claim has set.
void bind(json::Object& token, const Digest& key) {
    json::Object confirmation;
    if (const json_t* const own = json_object_get(token.get(), "cnf"); json_is_object(own)) {
        confirmation.update(own);
    }
    confirmation.set("jkt", base64url_encode(key));
    token.set("cnf", confirmation.release());
}

// What a token must meet, even if it has expired, to end its session.
std::optional<Reason> check_session(const jwt::VerifiedToken& token, std::string_view type,
                                    const Who& who, const jwt::Names& issuers,
                                    const jwt::Names& audiences) {
    constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();
    if (!has_type(token, type)) {
        return Reason::type_mismatch;
    }
    if (const auto reason = jwt::check_claims(token, {forever, true}, issuers, audiences, 0)) {
        return reason;
    }
    return who.sid.empty() || who.jti.empty() ? std::optional(Reason::claim_malformed)
                                              : std::nullopt;
}

} // namespace

std::optional<double> issued_at(const jwt::VerifiedToken& token) noexcept {
    const json::Element* const time = json::member(token.payload(), "iat");
    const bool is_number =
        json::is(time, json::Element::Kind::integer) || json::is(time, json::Element::Kind::real);
    return is_number ? std::optional(time->real()) : std::nullopt;
}

std::string IssuedTokens::json() const {
    json::Object members;
    members.set("access_token", access)
        .set("token_type", is_bound ? "DPoP" : "Bearer")
        .set("expires_in", expires_in);
    members.set("refresh_token", refresh).set("refresh_expires_in", refresh_expires_in);
    return members.text() + '\n';
}

TokenIssuer::TokenIssuer(TokenTerms terms, std::shared_ptr<const SigningKeys> access,
                         std::shared_ptr<const SigningKeys> refresh)
    : terms_(std::move(terms)),
      access_(std::move(access)),
      refresh_(std::move(refresh)),
      access_keys_(verification_keys(access_.get())),
      refresh_keys_(verification_keys(refresh_.get())),
      claims_{*jwt::ClaimPath::parse("roles"), *jwt::ClaimPath::parse("tenant_id")},
      jwks_(published(*access_)) {}

bool TokenIssuer::can_name(const Principal& principal) {
    return json::is_utf8(principal.subject) && json::is_utf8(principal.tenant) &&
           std::all_of(principal.roles.begin(), principal.roles.end(), json::is_utf8);
}

BeginSession TokenIssuer::begin(const Principal& principal, std::int64_t now,
                                std::optional<std::int64_t> limit) const {
    const std::int64_t longest = now + terms_.session_max;
    Session session{random_id(),
                    std::string(principal.subject),
                    std::string(principal.tenant),
                    {principal.roles.begin(), principal.roles.end()},
                    now,
                    std::min(longest, limit.value_or(longest))};
    const std::int64_t expires_at = std::min(now + terms_.refresh_ttl, session.ends_at);
    return {std::move(session), {random_id(), now, expires_at}};
}

bool TokenIssuer::may_refresh(const RefreshClaims& claims) const noexcept {
    const auto& granted = claims.audiences;
    return std::all_of(terms_.audiences.begin(), terms_.audiences.end(), [&](const auto& audience) {
        return std::find(granted.begin(), granted.end(), audience) != granted.end();
    });
}

RotateToken TokenIssuer::rotate(const RefreshClaims& claims, std::int64_t now) const {
    return {claims.who.sid,
            claims.who.jti,
            {random_id(), now, now + terms_.refresh_ttl},
            terms_.reuse_window};
}

RotateToken TokenIssuer::rotate(const RefreshClaims& claims, std::int64_t now,
                                const Principal& account, std::optional<std::int64_t> limit) const {
    const std::int64_t longest = now + terms_.session_max;
    RotateToken step = rotate(claims, now);
    step.renewal = {claims.who.subject,
                    std::string(account.tenant),
                    {account.roles.begin(), account.roles.end()},
                    std::min(longest, limit.value_or(longest))};
    return step;
}

IssuedTokens TokenIssuer::issue(const Session& session, const RefreshToken& token, std::int64_t now,
                                const TokenDetails& details) const {
    const std::int64_t access_exp = std::min(now + terms_.ttl, session.ends_at);
    json::Object access;
    json::Object refresh;
    if (!details.claims.empty()) {
        access.update(claims_of(details).get());
    }
    if (!details.account.empty()) {
        refresh.set("account", details.account);
    }
    for (json::Object* const members : {&access, &refresh}) {
        members->set("iss", terms_.issuer).set("sub", session.subject).set("sid", session.sid);
        if (!session.tenant.empty()) {
            members->set("tenant_id", session.tenant);
        }
    }
    if (terms_.audiences.size() == 1) {
        access.set("aud", terms_.audiences.front());
    } else {
        access.set("aud", terms_.audiences);
    }
    access.set("iat", now).set("exp", access_exp).set("jti", random_id());
    if (!session.roles.empty()) {
        access.set("roles", session.roles);
    }
    if (details.key) {
        bind(access, *details.key);
        bind(refresh, *details.key);
    }
    refresh.set("aud", terms_.issuer).set("access_aud", terms_.audiences);
    refresh.set("iat", token.created_at).set("exp", token.expires_at);
    refresh.set("jti", token.jti);
    return {jwt::issue(access_->front(), access.get(), access_type),
            jwt::issue(refresh_->front(), refresh.get(), refresh_type),
            std::max<std::int64_t>(access_exp - now, 0),
            std::max<std::int64_t>(token.expires_at - now, 0), details.key.has_value()};
}

Result<RefreshClaims, RefusedToken> TokenIssuer::read_refresh(std::string_view compact,
                                                              std::int64_t now) const {
    const jwt::Keyset* const keys = &refresh_keys_;
    const auto token = jwt::verify(compact, {&keys, 1}, jwt::AlgorithmSet::all());
    if (!token) {
        return Failure<RefusedToken>{{token.error().reason, {.kid = token.error().kid}}};
    }
    RefreshClaims claims{.who = who_of(*token)};
    claims.account = text_claim(*token, "account");
    claims.audiences = list_claim(*token, "access_aud");
    claims.issued_at = issued_at(*token);
    const json::Element* const cnf = json::member(token->payload(), "cnf");
    const auto confirmation = jwt::Confirmation::of(cnf);
    if (cnf != nullptr && (!confirmation || !confirmation->key)) {
        return Failure<RefusedToken>{{Reason::token_bound, std::move(claims.who)}};
    }
    claims.key = confirmation ? confirmation->key : std::nullopt;
    claims.payload = token->payload_text();
    const jwt::Names ours{terms_.issuer};
    auto reason = check_session(*token, refresh_type, claims.who, ours, ours);
    if (!reason) {
        reason = jwt::check_claims(*token, {0, true}, ours, ours, now);
    }
    if (reason) {
        reason = reason == Reason::token_expired ? Reason::refresh_expired : *reason;
        return Failure<RefusedToken>{{*reason, std::move(claims.who)}};
    }
    return claims;
}

Result<Who, RefusedToken> TokenIssuer::read_access(std::string_view compact) const {
    const auto token = verify_access(compact);
    if (!token) {
        return Failure<RefusedToken>{{token.error().reason, {.kid = token.error().kid}}};
    }
    Who who = who_of(*token);
    const auto reason = check_session(*token, access_type, who, {terms_.issuer}, terms_.audiences);
    if (reason) {
        return Failure<RefusedToken>{{*reason, std::move(who)}};
    }
    return who;
}

Result<jwt::VerifiedToken, Refusal> TokenIssuer::verify_access(std::string_view compact) const {
    const jwt::Keyset* const keys = &access_keys_;
    return jwt::verify(compact, {&keys, 1}, jwt::AlgorithmSet::all());
}

std::optional<Reason> TokenIssuer::check_access(const jwt::VerifiedToken& token,
                                                std::int64_t leeway, std::int64_t now) const {
    if (!has_type(token, access_type)) {
        return Reason::type_mismatch;
    }
    return jwt::check_claims(token, {leeway, true}, {terms_.issuer}, terms_.audiences, now);
}

} // namespace sallyport::auth
