#include "ngx/access/explanation_details.hpp"

#include <algorithm>
#include <cmath>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"
#include "ngx/access/proof.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/sources/asked_keys.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::size_t max_listed = 20;
constexpr std::size_t max_value = 128; // bytes

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

void tell_time(Story& story, const char* name, double time, double late) {
    story.add(std::string(name) + " is " + time_text(time, ngx_time()) + '.');
    if (late >= 0) {
        const auto seconds = static_cast<std::int64_t>(std::ceil(late)) + 1;
        story.add("auth_jwt_leeway is " + std::to_string(story.policy().claim_times.leeway) +
                  " s; if the clocks differ, it would have to be " + std::to_string(seconds) +
                  " s longer.");
    }
}

// Without a list every name is accepted.
std::string accepted(const jwt::Names& names) {
    return "; accepted: " + (names.empty() ? "any" : listed(names)) + '.';
}

// " requires one of the roles ..."
std::string needed(const auth::RoleRule& rule, const std::string& noun) {
    const bool one = rule.roles.size() == 1;
    const bool all = rule.kind == auth::RoleRule::Kind::all;
    return std::string(" requires ") +
           (one   ? "the "
            : all ? "all of the "
                  : "one of the ") +
           noun + (one ? " " : "s ") + listed(rule.roles);
}

} // namespace

std::string quoted(std::string_view text) {
    return '"' + log_safe(text, max_value) + '"';
}

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

void tell_keys(Story& story) {
    if (story.check() != nullptr && story.check()->is_ours()) {
        story.add("Keys: " + keys_text({"auth_token_key", &story.policy().tokens->access_keys()}) +
                  '.');
        return;
    }
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

void tell_revocation(Story& story) {
    if (story.check() == nullptr || !story.check()->revocation()) {
        story.add("An entry of the list of revocations applies to it.");
        return;
    }
    const Revocation& revocation = *story.check()->revocation();
    const std::string member = revocation.member;
    const std::string rule = "auth_jwt_revocation_list_" + member + " \"" +
                             log_safe(revocation.list->path(), 2 * max_value) + '"';
    story.add(revocation.is_missing ? "It has no " + member + ", which " + rule + " requires."
                                    : "Its " + member + " is in " + rule + '.');
}

void tell_proof(Story& story) {
    const auto fault = story.check() != nullptr ? story.check()->proof_fault() : std::nullopt;
    if (!fault) {
        return;
    }
    story.add("The proof was refused: " + std::string(describe(*fault)) + ".");
    if (*fault == jwt::DpopFault::uri) {
        story.add("The URI of the request is " + quoted(uri_of_proof(story.r, story.policy())) +
                  "; see auth_dpop_uri.");
    } else if (*fault == jwt::DpopFault::time) {
        story.add("auth_dpop_window is " + std::to_string(story.policy().dpop.window) + " s.");
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
    const std::string method = quoted(view(story.r->method_name));
    const auth::RoleRule& rule = story.policy().rule(story.r);
    const auth::Principal* const principal = story.decision.principal();
    if (rule.kind == auth::RoleRule::Kind::closed) {
        story.add("auth_role_map does not list " + method + '.');
    } else if (principal != nullptr && !rule.grants(principal->roles)) {
        story.add(method + needed(rule, "role") + "; the credential has " +
                  listed(principal->roles) + '.');
    }
}

void tell_scopes(Story& story) {
    const auth::Principal* const principal = story.decision.principal();
    if (principal == nullptr || story.policy().scopes == nullptr) {
        return;
    }
    const std::string method = quoted(view(story.r->method_name));
    const auth::RoleRule& rule = story.policy().scopes->rule(view(story.r->method_name));
    if (rule.kind == auth::RoleRule::Kind::closed) {
        story.add("auth_scope_map does not list " + method + '.');
    } else if (!rule.grants(principal->scopes)) {
        story.add(method + needed(rule, "scope") + "; the credential has " +
                  listed(principal->scopes) + '.');
    }
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

} // namespace sallyport::ngx
