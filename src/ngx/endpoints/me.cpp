#include "ngx/access/known_decision.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/endpoints/endpoint.hpp"
#include "json/document.hpp"
#include "json/jansson.hpp"

namespace sallyport::ngx {
namespace {

// Of text that is not UTF-8, nothing.
void set(json_t* members, const char* name, std::string_view text) {
    if (!text.empty()) {
        json_object_set_new(members, name, json_stringn(text.data(), text.size()));
    }
}

json::Value list(const std::vector<std::string_view>& texts) {
    json::Value array(json_array());
    for (const std::string_view text : texts) {
        json_array_append_new(array.get(), json_stringn(text.data(), text.size()));
    }
    return array;
}

} // namespace

EndpointAnswer answer_me(ngx_http_request_t* r) {
    const auto caller = caller_of(r);
    if (!caller) {
        note_refusal(r, caller.error());
        return problem(caller.error(),
                       challenges_of(r, *policy_of(r), caller.error(), std::nullopt));
    }
    const Decision& decision = *known_decision(r);
    const auth::Principal& principal = **caller;
    const json::Value members(json_object());
    set(members.get(), "sub", principal.subject);
    set(members.get(), "tenant_id", principal.tenant);
    json_object_set_new(members.get(), "roles", list(principal.roles).release());
    set(members.get(), "method", name(*decision.method()));
    if (const jwt::VerifiedToken* const token = decision.token()) {
        if (const json::Element* const exp = json::member(token->payload(), "exp")) {
            json_object_set_new(members.get(), "exp", json::copy(exp).release());
        }
    }
    EndpointAnswer answer;
    answer.body = json::compact(members.get()) + '\n';
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
