#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/who.hpp"
#include "ngx/access/decision.hpp"

namespace sallyport::ngx {

// Logs the refusal, adds its challenges to the answer and returns its status. In Mode::observe it
// only logs the refusal, and declines.
ngx_int_t refuse(ngx_http_request_t* r, Decision& decision);

// Logs and audits a refusal, enforced or only observed.
void report_refusal(ngx_http_request_t* r, const Decision& decision);

// The challenges of a location's methods.
std::vector<std::string> challenges_of(ngx_http_request_t* r, const Policy& policy, Reason reason,
                                       std::optional<auth::Method> presented);

// Adds a challenge where nginx finds it. Throws when there is no memory.
ngx_table_elt_t* add_challenge(ngx_http_request_t* r, std::string_view challenge);

// What is logged about a refusal, without its session. Empty members are left out.
struct RefusalLog {
    const char* verb = "refused";
    int status = 0; // 0: the reason's
    std::string_view method{};
    auth::Who who{};
};
void log_refusal(ngx_http_request_t* r, Reason reason, const RefusalLog& about);

// Records for $auth_reason why an endpoint refused the request. Nothing if it did not.
void note_refusal(ngx_http_request_t* r, Reason reason);
std::optional<Reason> noted_refusal(ngx_http_request_t* r) noexcept;

// Removes the challenges that refuse() added, from an answer that has not been sent.
void withdraw_challenges(ngx_http_request_t* r) noexcept;

} // namespace sallyport::ngx
