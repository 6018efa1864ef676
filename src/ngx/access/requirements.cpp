#include "ngx/access/requirements.hpp"

#include <algorithm>

#include "ngx/runtime/request.hpp"

namespace sallyport::ngx {
namespace {

constexpr time_t warning_interval = 60; // seconds

bool is_met(ngx_http_request_t* r, const Requirement& requirement) {
    return std::all_of(requirement.values.begin(), requirement.values.end(),
                       [&](ngx_http_complex_value_t* value) {
                           const std::string_view text = evaluate(r, value);
                           return !text.empty() && text != "0";
                       });
}

void warn_of_pattern(ngx_http_request_t* r) noexcept {
    static time_t warned = 0;
    if (ngx_time() - warned >= warning_interval) {
        warned = ngx_time();
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "sallyport: a pattern of auth_jwt_require_claim or auth_jwt_require_header "
                      "takes too many steps; the requirement is not met");
    }
}

bool is_met(ngx_http_request_t* r, const ClaimRequirement& requirement,
            const json::Element* members) {
    const json::Element* const claim = requirement.path.find(members);
    if (claim == nullptr) {
        return false;
    }
    std::optional<jwt::ExpectedClaim> evaluated;
    if (!requirement.constant) {
        auto expected = jwt::ExpectedClaim::from_json(requirement.operation.kind,
                                                      evaluate(r, requirement.json));
        if (!expected) {
            return false;
        }
        evaluated.emplace(std::move(*expected));
    }
    const jwt::ExpectedClaim& expected = requirement.constant ? *requirement.constant : *evaluated;
    const jwt::ClaimMatch match = compare(claim, requirement.operation, expected);
    if (match == jwt::ClaimMatch::too_expensive) {
        warn_of_pattern(r);
    }
    return match == jwt::ClaimMatch::met;
}

template <typename All, typename... Members>
const Unmet* first_unmet(ngx_http_request_t* r, const All* requirements,
                         const Members*... members) {
    if (requirements != nullptr) {
        for (const auto& requirement : *requirements) {
            if (!is_met(r, requirement, members...)) {
                return &requirement.otherwise;
            }
        }
    }
    return nullptr;
}

const Unmet* unmet_requirement_of_token(ngx_http_request_t* r, const Requirements& requirements,
                                        const jwt::VerifiedToken* token) {
    const json::Element* const claims = token != nullptr ? token->payload() : nullptr;
    if (const Unmet* const unmet = first_unmet(r, requirements.claims, claims)) {
        return unmet;
    }
    const json::Element* const header = token != nullptr ? token->header() : nullptr;
    return first_unmet(r, requirements.headers, header);
}

} // namespace

const Unmet* unmet_requirement(ngx_http_request_t* r, const Requirements& requirements,
                               const jwt::VerifiedToken* token,
                               const auth::TokenPrincipal* principal) {
    if (const Unmet* const unmet = first_unmet(r, requirements.of_tokens)) {
        return unmet;
    }
    auth::TokenPrincipal::Met* const known =
        principal != nullptr && requirements.are_constant ? &principal->met() : nullptr;
    if (known == nullptr || known->claims != requirements.claims ||
        known->headers != requirements.headers) {
        if (const Unmet* const unmet = unmet_requirement_of_token(r, requirements, token)) {
            return unmet;
        }
        if (known != nullptr) {
            known->claims = requirements.claims;
            known->headers = requirements.headers;
        }
    }
    return unmet_requirement_of_request(r, requirements);
}

const Unmet* unmet_requirement_of_request(ngx_http_request_t* r, const Requirements& requirements) {
    return first_unmet(r, requirements.of_requests);
}

} // namespace sallyport::ngx
