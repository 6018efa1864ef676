#pragma once

#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "jwt/verify.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/verdict.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// What a token must meet: the rules of its tenant, and those of the location for all that the
// tenant leaves open.
struct TokenRules {
    explicit TokenRules(const Policy& policy) noexcept
        : sources(policy.sources.get()),
          times(policy.key_times),
          algorithms(policy.algorithms),
          issuers(&policy.issuers),
          audiences(&policy.audiences) {}
    void apply(const Tenant& own) noexcept;

    const KeySources* sources; // null: none
    jwt::FetchPlan::Times times;
    jwt::AlgorithmSet algorithms;
    const jwt::Names* issuers;
    const jwt::Names* audiences;
    std::string_view tenant; // empty: none
};

// Those for this token, or why there are none.
Result<TokenRules, Reason> choose_rules(const Policy& policy, jwt::PresentedToken& presented);

// Verifies the signature with the keys of the rules. Sets `verified`, or refuses the token. Pending
// if keys must be waited for; the waiter then waits for them. `early`: see Keyring.
Verdict verify_signature(ngx_http_request_t* r, const TokenRules& rules,
                         jwt::PresentedToken& presented, Waiter& waiter, bool early,
                         std::optional<jwt::VerifiedToken>& verified);

} // namespace sallyport::ngx
