#include "ngx/access/refusal.hpp"

#include <array>
#include <span>

#include "auth/challenge.hpp"
#include "base/text.hpp"
#include "ngx/access/explanation.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/request_credential.hpp"
#include "ngx/access/variables.hpp"
#include "ngx/runtime/audit_log.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::size_t logged_kid = 64;
constexpr std::size_t logged_name = 128;

void append(std::string& line, const char* name, std::string_view value, std::size_t limit) {
    if (!value.empty()) {
        line += std::string(", ") + name + " \"" + log_safe(value, limit) + '"';
    }
}

// Whether a script sent the request. Its page shows a login form itself.
bool is_of_script(const ngx_http_request_t* r) noexcept {
    for (const ngx_list_part_t* part = &r->headers_in.headers.part; part != nullptr;
         part = part->next) {
        const auto* const fields = static_cast<const ngx_table_elt_t*>(part->elts);
        for (const ngx_table_elt_t& field : std::span(fields, part->nelts)) {
            if (equal_ignoring_case(view(field.key), "X-Requested-With") ||
                (equal_ignoring_case(view(field.key), "Sec-Fetch-Mode") &&
                 view(field.value) == "cors")) {
                return true;
            }
        }
    }
    return false;
}

struct SentExplanation {
    const Decision* decision;
    std::string text;
};

// One for each method at most, and two for tokens.
struct AddedChallenges {
    const ngx_http_request_t* request; // subrequests share the pool of their main request
    std::array<ngx_table_elt_t*, 4> fields{};
};

RefusalLog about(const Decision& decision) {
    RefusalLog log{.verb = decision.refuses() ? "refused" : "would refuse",
                   .status = decision.status()};
    log.who.kid = decision.kid();
    if (decision.method() && decision.method() != auth::Method::jwt) {
        log.method = name(*decision.method());
    }
    if (const TokenCheck* const check = decision.token_check(); check && check->proof_fault()) {
        log.proof = describe(*check->proof_fault());
    }
    if (const auth::Principal* const principal = decision.claimed_principal()) {
        log.who.tenant = principal->tenant;
        log.who.subject = principal->subject;
    }
    return log;
}

void audit_refusal(ngx_http_request_t* r, const Decision& decision, const RefusalLog& log) {
    if (decision.refuses()) {
        audit(r, decision.policy().audit_log,
              {.event = "refused", .who = log.who, .reason = describe(*decision.refusal()).name});
    }
}

void add_challenges(ngx_http_request_t* r, const Decision& decision, Reason reason) {
    const TokenCheck* const check = decision.token_check();
    const TokenUse use = check == nullptr
                             ? TokenUse()
                             : TokenUse{check->is_sent_as_dpop(), check->is_bound_to_key()};
    const auto challenges = challenges_of(r, decision.policy(), reason, decision.method(), use);
    if (challenges.empty()) {
        return;
    }
    AddedChallenges& added = *make<AddedChallenges>(r->pool, r);
    for (std::size_t i = 0; i < challenges.size(); ++i) {
        added.fields.at(i) = add_challenge(r, challenges[i]);
    }
}

// What the request's method needs, separated by spaces.
std::string needed_scopes(ngx_http_request_t* r, const Policy& policy) {
    std::string list;
    if (policy.scopes != nullptr) {
        for (const std::string& scope : policy.scopes->rule(view(r->method_name)).roles) {
            list += (list.empty() ? "" : " ") + scope;
        }
    }
    return list;
}

std::string bearer_challenge(ngx_http_request_t* r, const Policy& policy, Reason reason,
                             std::string standard) {
    const bool is_replaced = policy.bearer_challenge != nullptr && !standard.empty() &&
                             describe(reason).status != NGX_HTTP_BAD_REQUEST;
    if (!is_replaced) {
        return standard;
    }
    std::string own(evaluate(r, policy.bearer_challenge));
    std::erase_if(own, [](char c) { return has_control({&c, 1}); });
    return own;
}

// Those for tokens: Bearer unless only tokens with DPoP proofs are accepted, and DPoP where
// auth_jwt_binding names it, or for a client that uses it. The error is in the challenge of the
// scheme that the client used.
std::vector<std::string> token_challenges(ngx_http_request_t* r, const Policy& policy,
                                          Reason reason, bool about_token, TokenUse use) {
    const BindingKinds kinds = policy.binding_kinds;
    const bool is_off = policy.binding == Binding::ignored;
    const bool by_proof = !is_off && (use.as_dpop || auth::is_about_proof(reason));
    const bool only_dpop = policy.binding == Binding::required && kinds.dpop && !kinds.mtls;
    const std::string scope = needed_scopes(r, policy);
    auth::TokenChallenge about{.scheme = auth::TokenScheme::bearer,
                               .realm = evaluate(r, policy.rules(auth::Method::jwt).realm),
                               .reason = reason,
                               .has_error = about_token && !by_proof,
                               .scope = scope,
                               .algorithms = policy.dpop.algorithm_names,
                               .metadata_uri = policy.metadata_uri};
    std::vector<std::string> challenges;
    if (!only_dpop) {
        challenges.push_back(bearer_challenge(r, policy, reason, auth::token_challenge(about)));
    }
    if (!is_off && (kinds.dpop || use.is_bound_to_key || by_proof)) {
        about.scheme = auth::TokenScheme::dpop;
        about.has_error = about_token && (by_proof || use.is_bound_to_key || only_dpop);
        challenges.push_back(auth::token_challenge(about));
    }
    return challenges;
}

std::string account_challenge(ngx_http_request_t* r, const Policy& policy, auth::Method method,
                              Reason reason, std::optional<auth::Method> presented) {
    std::string challenge =
        auth::challenge(method, evaluate(r, policy.rules(method).realm), reason, presented);
    if (!challenge.empty() && method == auth::Method::password && policy.spares_scripts &&
        is_of_script(r)) {
        challenge.insert(0, "x");
    }
    return challenge;
}

} // namespace

std::vector<std::string> challenges_of(ngx_http_request_t* r, const Policy& policy, Reason reason,
                                       std::optional<auth::Method> presented, TokenUse use) {
    std::vector<std::string> challenges;
    if (policy.rules(auth::Method::jwt).on) {
        const bool about_token = !presented || *presented == auth::Method::jwt;
        challenges = token_challenges(r, policy, reason, about_token, use);
    }
    for (const auth::Method method : {auth::Method::password, auth::Method::api_key}) {
        if (policy.rules(method).on) {
            challenges.push_back(account_challenge(r, policy, method, reason, presented));
        }
    }
    std::erase_if(challenges, [](const std::string& challenge) { return challenge.empty(); });
    return challenges;
}

ngx_table_elt_t* add_challenge(ngx_http_request_t* r, std::string_view challenge) {
    ngx_table_elt_t* const field = add_header(r, "WWW-Authenticate", challenge);
#if (nginx_version >= 1023000)
    field->next = r->headers_out.www_authenticate;
#endif
    r->headers_out.www_authenticate = field;
    return field;
}

std::string log_text(const auth::Who& who) {
    std::string text;
    append(text, "kid", who.kid, logged_kid);
    append(text, "tenant", who.tenant, logged_name);
    append(text, "subject", who.subject, logged_name);
    return text;
}

void log_refusal(ngx_http_request_t* r, Reason reason, const RefusalLog& about) {
    const ReasonInfo& info = describe(reason);
    const int status = about.status != 0 ? about.status : info.status;
    const ngx_uint_t level = status >= 500 ? NGX_LOG_ERR : policy_of(r)->log_level;
    if (r->connection->log->log_level < level) {
        return;
    }
    std::string line;
    append(line, "method", about.method, logged_name);
    append(line, "proof", about.proof, logged_name);
    append(line, "fault", about.fault, logged_name);
    line += log_text(about.who);
    ngx_log_error(level, r->connection->log, 0, "sallyport: %s %d %*s%s", about.verb, status,
                  info.name.size(), info.name.data(), line.c_str());
}

void note_refusal(ngx_http_request_t* r, Reason reason, std::string details) {
    make<NotedRefusal>(r->pool, reason, std::move(details));
    forget_variables(r);
}

const NotedRefusal* noted_refusal(ngx_http_request_t* r) noexcept {
    const NotedRefusal* noted = nullptr;
    each<NotedRefusal>(r->pool, [&](const NotedRefusal& latest) {
        noted = &latest;
        return false;
    });
    return noted;
}

std::string_view sent_explanation(ngx_http_request_t* r, const Decision& decision) noexcept {
    std::string_view text;
    each<SentExplanation>(r->pool, [&](const SentExplanation& latest) {
        text = latest.decision == &decision ? latest.text : std::string_view();
        return text.empty();
    });
    return text;
}

void withdraw_challenges(ngx_http_request_t* r) noexcept {
    each<AddedChallenges>(r->pool, [&](AddedChallenges& added) {
        if (added.request != r) {
            return true;
        }
        for (ngx_table_elt_t*& field : added.fields) {
            if (field != nullptr) {
                field->hash = 0;
                field = nullptr;
            }
        }
        return true;
    });
}

void report_refusal(ngx_http_request_t* r, const Decision& decision) {
    const RefusalLog log = about(decision);
    log_refusal(r, *decision.refusal(), log);
    audit_refusal(r, decision, log);
}

ngx_int_t refuse(ngx_http_request_t* r, Decision& decision) {
    report_refusal(r, decision);
    if (!decision.refuses()) {
        return NGX_DECLINED;
    }
    if (explains(r, decision.policy())) {
        make<SentExplanation>(r->pool, &decision, explain(r, decision));
        forbid_caching(r);
    } else if (decision.policy().endpoint != nullptr) {
        forbid_caching(r);
    }
    return refuse_again(r, decision);
}

ngx_int_t refuse_again(ngx_http_request_t* r, const Decision& decision) {
    const Reason reason = *decision.refusal();
    withdraw_challenges(r); // those before an internal redirect or another phase
    // RFC 6750 does not cover other codes, which the administrator has chosen.
    if (decision.status() == describe(reason).status) {
        add_challenges(r, decision, reason);
    } else if (reason == Reason::request_forbidden && decision.status() == 401) {
        add_challenges(r, decision, Reason::no_credential);
    }
    return decision.status();
}

} // namespace sallyport::ngx
