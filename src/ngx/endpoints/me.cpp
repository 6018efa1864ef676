#include <algorithm>
#include <iterator>

#include "ngx/access/decision_for_variables.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/endpoints/endpoint.hpp"
#include "json/document.hpp"
#include "json/object.hpp"

namespace sallyport::ngx {
namespace {

// Text that is not UTF-8 is left out.
void set(json::Object& members, const char* name, std::string_view text) {
    if (!text.empty() && json::is_utf8(text)) {
        members.set(name, text);
    }
}

std::vector<std::string_view> utf8_only(const std::vector<std::string_view>& texts) {
    std::vector<std::string_view> kept;
    std::copy_if(texts.begin(), texts.end(), std::back_inserter(kept), json::is_utf8);
    return kept;
}

} // namespace

EndpointAnswer answer_me(ngx_http_request_t* r) {
    const auto caller = caller_of(r);
    if (!caller) {
        note_refusal(r, caller.error());
        return problem(r, caller.error(),
                       challenges_of(r, *policy_of(r), caller.error(), std::nullopt));
    }
    const Decision& decision = *decision_for_variables(r);
    const auth::Principal& principal = **caller;
    json::Object members;
    set(members, "sub", principal.subject);
    set(members, "tenant_id", principal.tenant);
    members.set("roles", utf8_only(principal.roles));
    set(members, "method", name(*decision.method()));
    if (const jwt::VerifiedToken* const token = decision.token()) {
        if (const json::Element* const exp = json::member(token->payload(), "exp")) {
            members.set("exp", json::copy(exp));
        }
    }
    EndpointAnswer answer;
    answer.body = members.text() + '\n';
    return answer;
}

EndpointAnswer answer_jwks(ngx_http_request_t* r) {
    EndpointAnswer answer;
    answer.body = policy_of(r)->tokens->jwks();
    answer.type = "application/jwk-set+json";
    answer.cache_control = "public, max-age=300";
    return answer;
}

} // namespace sallyport::ngx
