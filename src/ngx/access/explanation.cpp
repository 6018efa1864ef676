#include "ngx/access/explanation.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/sources/asked_keys.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::size_t max_listed = 20;
constexpr std::size_t max_value = 128; // bytes

std::string quoted(std::string_view text) {
    return '"' + log_safe(text, max_value) + '"';
}

// "a", "b" and 3 more
template <typename Texts>
std::string listed(const Texts& texts) {
    std::string list;
    std::size_t count = 0;
    for (const std::string_view text : texts) {
        if (count++ < max_listed) {
            list += (list.empty() ? "" : ", ") + quoted(text);
        }
    }
    if (count > max_listed) {
        list += " and " + std::to_string(count - max_listed) + " more";
    }
    return list.empty() ? "none" : list;
}

// What is known of one refusal, from which its explanation is written.
struct Story {
    ngx_http_request_t* r;
    const Decision& decision;
    std::string text{};

    [[nodiscard]] const Policy& policy() const noexcept { return decision.policy(); }
    [[nodiscard]] const TokenCheck* check() const noexcept { return decision.token_check(); }
    // Null unless the signature was verified.
    [[nodiscard]] const jwt::VerifiedToken* token() const noexcept {
        return check() != nullptr ? check()->verified() : nullptr;
    }
    void add(const std::string& sentence) { text += ' ' + sentence; }
};

using Tell = void (*)(Story&);

void tell_accepted(Story& story) {
    std::vector<std::string_view> accepted;
    for (const auth::Method method :
         {auth::Method::jwt, auth::Method::password, auth::Method::api_key}) {
        const MethodRules& rules = story.policy().rules(method);
        if (!rules.on) {
            continue;
        }
        if (!rules.header.empty()) {
            accepted.push_back(rules.header);
        } else if (rules.token != nullptr) {
            accepted.emplace_back("the variable in token= of auth_jwt");
        } else {
            accepted.emplace_back(method == auth::Method::jwt        ? "Authorization: Bearer"
                                  : method == auth::Method::password ? "Authorization: Basic"
                                                                     : "Authorization: Api-Key");
        }
    }
    story.add("Credentials are read from: " + listed(accepted) + '.');
}

// Of a token that may be forged.
void tell_header(Story& story) {
    if (story.check() == nullptr) {
        return;
    }
    const std::string_view compact = story.check()->compact();
    constexpr std::size_t max_header = 4096;
    constexpr json::Limits limits{max_header, 8};
    const auto bytes = base64url_decode(compact.substr(0, std::min(compact.find('.'), max_header)));
    const json::Document header =
        bytes ? json::parse_document(sallyport::text(*bytes), limits) : json::Document();
    if (!header) {
        return;
    }
    const auto alg = json::string(json::member(header.root(), "alg"));
    const auto kid = json::string(json::member(header.root(), "kid"));
    story.add("The header of the token has alg " + (alg ? quoted(*alg) : "none") + " and " +
              (kid ? "kid " + quoted(*kid) : "no kid") + '.');
}

std::string keys_text(const AskedKeys& asked) {
    std::string text = asked.name + " has ";
    if (asked.keys == nullptr) {
        text += "no valid keys";
    } else {
        std::vector<std::string_view> kids;
        for (const jwt::Key& key : asked.keys->keys()) {
            kids.emplace_back(key.kid() ? std::string_view(*key.kid()) : "(no kid)");
        }
        text += "the kids " + listed(kids);
    }
    return asked.error.empty() ? text : text + " (" + log_safe(asked.error, max_value) + ')';
}

void tell_keys(Story& story) {
    const TokenRules* const rules = story.check() != nullptr ? story.check()->rules() : nullptr;
    if (rules == nullptr || rules->sources == nullptr) {
        story.add("No key source was asked.");
        return;
    }
    const auto asked = asked_keys(story.r, *rules->sources, rules->times, rules->tenant);
    std::string text;
    for (std::size_t i = 0; i < asked.size() && i < max_listed; ++i) {
        text += (i == 0 ? "" : "; ") + keys_text(asked[i]);
    }
    story.add("Keys: " + (text.empty() ? "none" : text) + '.');
}

void tell_algorithms(Story& story) {
    const TokenRules* const rules = story.check() != nullptr ? story.check()->rules() : nullptr;
    if (rules == nullptr) {
        return;
    }
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < jwt::algorithm_count; ++i) {
        const auto algorithm = static_cast<jwt::Algorithm>(i);
        if (rules->algorithms.contains(algorithm)) {
            names.push_back(jwt::describe(algorithm).name);
        }
    }
    story.add("Allowed: " + listed(names) + '.');
}

void tell_time(Story& story, const char* name, double time, double late) {
    story.add(std::string(name) + " is " + time_text(time, ngx_time()) + '.');
    if (late >= 0) {
        const auto seconds = static_cast<std::int64_t>(std::ceil(late)) + 1;
        story.add("auth_jwt_leeway is " + std::to_string(story.policy().claim_times.leeway) +
                  " s; if the clocks differ, it would have to be " + std::to_string(seconds) +
                  " s longer.");
    }
}

void tell_times(Story& story) {
    if (story.token() == nullptr) {
        return;
    }
    const jwt::RegisteredClaims& claims = story.token()->registered_claims();
    const auto leeway = static_cast<double>(story.policy().claim_times.leeway);
    const auto now = static_cast<double>(ngx_time());
    if (claims.expiry) {
        tell_time(story, "exp", *claims.expiry, now - *claims.expiry - leeway);
    }
    if (claims.not_before) {
        tell_time(story, "nbf", *claims.not_before, *claims.not_before - now - leeway);
    }
}

// Without a list every name is accepted.
std::string accepted(const jwt::Names& names) {
    return "; accepted: " + (names.empty() ? "any" : listed(names)) + '.';
}

void tell_issuer(Story& story) {
    if (story.token() != nullptr && story.check()->rules() != nullptr) {
        const auto& issuer = story.token()->registered_claims().issuer;
        story.add("iss is " + (issuer ? quoted(*issuer) : "absent") +
                  accepted(*story.check()->rules()->issuers));
    }
}

void tell_audience(Story& story) {
    if (story.token() != nullptr && story.check()->rules() != nullptr) {
        story.add("aud is " + listed(story.token()->registered_claims().audiences) +
                  accepted(*story.check()->rules()->audiences));
    }
}

void tell_requirement(Story& story) {
    const Unmet* const unmet = story.decision.unmet();
    if (unmet == nullptr) {
        return;
    }
    story.add("Required: " + log_safe(unmet->rule, 2 * max_value) + '.');
    if (unmet->claim && story.token() != nullptr) {
        const auto* const members =
            unmet->is_about_header ? story.token()->header() : story.token()->payload();
        const json::Element* const value = unmet->claim->find(members);
        story.add(value != nullptr ? "The token has " + quoted(jwt::claim_text(value)) + '.'
                                   : "The token does not have it.");
    }
}

void tell_tenant(Story& story) {
    const auth::Principal* const principal = story.decision.principal();
    if (principal != nullptr && story.policy().expected_tenant != nullptr) {
        const std::string_view expected = evaluate(story.r, story.policy().expected_tenant);
        story.add(
            "The credential belongs to " +
            (principal->tenant.empty() ? "no tenant" : "tenant " + quoted(principal->tenant)) +
            "; expected: " + (expected.empty() ? "none (empty)" : quoted(expected)) + '.');
    }
}

void tell_roles(Story& story) {
    const auth::RoleRule& rule = story.policy().rule(story.r);
    const auth::Principal* const principal = story.decision.principal();
    if (rule.kind == auth::RoleRule::Kind::closed) {
        story.add("auth_role_map does not list " + quoted(view(story.r->method_name)) + '.');
        return;
    }
    if (principal == nullptr) {
        return;
    }
    const char* const many =
        rule.kind == auth::RoleRule::Kind::all ? "all of the roles " : "one of the roles ";
    story.add(quoted(view(story.r->method_name)) + " requires " +
              (rule.roles.size() == 1 ? "the role " : many) + listed(rule.roles) +
              "; the credential has " + listed(principal->roles) + '.');
}

void tell_source(Story& story) {
    const AccountCheck* const check = story.decision.account_check();
    const std::string source = check != nullptr ? check->description() : "";
    if (!source.empty()) {
        story.add("Asked: " + log_safe(source, 2 * max_value) + '.');
    }
}

void tell_account_times(Story& story) {
    const AccountCheck* const check = story.decision.account_check();
    if (check == nullptr || check->account() == nullptr) {
        return;
    }
    if (const auto begin = check->account()->not_before()) {
        story.add("not_before is " + time_text(static_cast<double>(*begin), ngx_time()) + '.');
    }
    if (const auto end = check->account()->expires()) {
        story.add("expires is " + time_text(static_cast<double>(*end), ngx_time()) + '.');
    }
}

// A sentence about each reason, and what else is told.
struct Entry {
    Reason reason;
    std::string_view sentence;
    std::array<Tell, 3> tells{};
};

using enum Reason;

constexpr auto entries = std::to_array<Entry>({
    {no_credential, "The request has no credential.", {tell_accepted}},
    {malformed_authorization,
     "The credential is malformed: it has to be a scheme, one space and the credential, without "
     "other characters.",
     {tell_accepted}},
    {ambiguous_credential,
     "The request has several credentials that differ, or a field that may occur once occurs "
     "again.",
     {tell_accepted}},
    {credential_invalid, "The user, the password or the API key is not valid.", {tell_source}},
    {credential_not_yet_valid, "The account is not valid yet.", {tell_account_times, tell_source}},
    {credential_expired, "The account has expired.", {tell_account_times, tell_source}},
    {credential_forbidden, "The lookup refused the credential.", {tell_source}},
    {token_too_large, "The token is larger than 16 KiB."},
    {token_malformed,
     "The token does not consist of three base64url segments, or one of the first two is not a "
     "JSON object.",
     {tell_header}},
    {algorithm_unsupported, "The algorithm of the token is not supported.", {tell_header}},
    {algorithm_not_allowed,
     "The algorithm of the token is not allowed here.",
     {tell_header, tell_algorithms}},
    {algorithm_mismatch,
     "The key with the token's kid does not support the token's algorithm.",
     {tell_header, tell_keys}},
    {tenant_conflict,
     "The issuer and the tenant in the token select different auth_tenant blocks."},
    {critical_header,
     "The header of the token has \"crit\" or \"b64\", which is not supported.",
     {tell_header}},
    {key_unknown, "No key source has a key for the token.", {tell_header, tell_keys}},
    {signature_invalid,
     "The signature is wrong: the token was changed, or another key with this kid signed it.",
     {tell_header, tell_keys}},
    {claim_malformed,
     "A claim has the wrong type, or characters that are not allowed: exp, nbf, iss, aud, sub, the "
     "tenant or a role.",
     {tell_header}},
    {token_expired, "The token has expired.", {tell_times, tell_issuer, tell_header}},
    {token_not_yet_valid, "The token is not valid yet.", {tell_times, tell_issuer, tell_header}},
    {expiry_missing,
     "The token has no exp, which auth_jwt_require_exp requires.",
     {tell_issuer, tell_header}},
    {issuer_mismatch, "The issuer of the token is not accepted here.", {tell_issuer, tell_header}},
    {audience_mismatch, "The token is for another audience.", {tell_audience, tell_header}},
    {type_mismatch, "The token is of another type, such as a refresh token.", {tell_header}},
    {token_bound,
     "The token is bound to its holder (cnf) in a way that cannot be verified here. See "
     "auth_jwt_binding."},
    {token_unbound, "The token is not bound to its holder (cnf), which auth_jwt_binding requires."},
    {certificate_mismatch,
     "The client sent no TLS certificate, or not the one that the token is bound to (cnf)."},
    {requirement_unmet, "The credential does not meet a requirement.", {tell_requirement}},
    {requirement_forbidden, "The credential does not meet a requirement.", {tell_requirement}},
    {tenant_mismatch, "The credential belongs to another tenant.", {tell_tenant}},
    {role_missing, "A required role is missing.", {tell_roles}},
    {method_not_allowed, "Nobody may use this method here.", {tell_roles}},
    {refresh_unknown, "The store has no such session: it has ended, or the token was never issued "
                      "from this store."},
    {refresh_expired, "The refresh token has expired."},
    {refresh_revoked, "The session was revoked."},
    {refresh_reused,
     "The refresh token was used before. Somebody may have stolen it, so the session was revoked."},
    {account_invalid,
     "The account of the session was removed, has expired, or now belongs to somebody else."},
    {request_malformed, "A parameter is missing, repeated or malformed."},
    {grant_unsupported, "The endpoint does not support this grant_type."},
    {token_unsupported, "The endpoint cannot revoke a token of this type."},
    {method_unsupported, "The endpoint does not support this method."},
    {body_too_large, "The body is larger than 64 KiB."},
    {content_type_unsupported,
     "The endpoint needs application/json or application/x-www-form-urlencoded."},
    {keys_unavailable,
     "A key source cannot be read, so the token cannot be verified.",
     {tell_header, tell_keys}},
    {lookup_failed, "The lookup of the credential failed. See the error log.", {tell_source}},
    {store_unavailable, "The token store does not answer. See the error log."},
    {too_busy, "Too many passwords are waiting to be verified.", {tell_source}},
    {internal_error, "The module failed. See the error log."},
});

constexpr bool is_complete() {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (static_cast<std::size_t>(entries[i].reason) != i || entries[i].sentence.empty()) {
            return false;
        }
    }
    return static_cast<std::size_t>(internal_error) + 1 == entries.size();
}

static_assert(is_complete(), "every reason has its entry, in the order of the enum");

std::string beginning(std::string_view location, Reason reason) {
    return std::string(describe(reason).name) +
           (location.empty() ? std::string(" outside of locations")
                             : " in location " + quoted(location)) +
           ": " + std::string(entries[static_cast<std::size_t>(reason)].sentence);
}

} // namespace

std::string explain(ngx_http_request_t* r, Reason reason, std::string_view details) {
    const auto* const core = static_cast<const ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(r, ngx_http_core_module));
    std::string text = beginning(view(core->name), reason);
    return details.empty() ? text : text + ' ' + std::string(details);
}

std::string explain(ngx_http_request_t* r, const Decision& decision) {
    const Reason reason = *decision.refusal();
    r = decision.is_of(r) ? r : r->main;
    const VariablesAside aside(r);
    Story story{r, decision, beginning(decision.location(), reason)};
    for (const Tell tell : entries[static_cast<std::size_t>(reason)].tells) {
        if (tell != nullptr) {
            tell(story);
        }
    }
    return std::move(story.text);
}

bool explains(ngx_http_request_t* r, const Policy& policy) noexcept {
    return policy.explain_to != nullptr &&
           ngx_cidr_match(r->connection->sockaddr, policy.explain_to) == NGX_OK;
}

} // namespace sallyport::ngx
