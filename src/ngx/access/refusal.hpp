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

// Refuses it in a later phase as well, after another check has admitted it: the status, and the
// challenges, which nginx has removed.
ngx_int_t refuse_again(ngx_http_request_t* r, const Decision& decision);

// Logs and audits a refusal, enforced or only observed.
void report_refusal(ngx_http_request_t* r, const Decision& decision);

// How a refused token was used: with DPoP proofs, and whether it is bound to their key.
struct TokenUse {
    bool as_dpop = false;
    bool is_bound_to_key = false;
};

// The challenges of a location's methods.
std::vector<std::string> challenges_of(ngx_http_request_t* r, const Policy& policy, Reason reason,
                                       std::optional<auth::Method> presented, TokenUse use = {});

// Adds a challenge where nginx finds it. Throws when there is no memory.
ngx_table_elt_t* add_challenge(ngx_http_request_t* r, std::string_view challenge);

// What is logged about a refusal, without its session. Empty members are left out.
struct RefusalLog {
    const char* verb = "refused";
    int status = 0; // 0: the reason's
    std::string_view method{};
    std::string_view proof{}; // what is wrong with a DPoP proof
    std::string_view fault{}; // what is wrong with a logout token
    auth::Who who{};
    std::string details{}; // for the explanation alone
};
void log_refusal(ngx_http_request_t* r, Reason reason, const RefusalLog& about);

// What a log line says about them, without their session: a list of names and values, each after a
// comma.
std::string log_text(const auth::Who& who);

// Records for variables why an endpoint refused the request. `details` are further sentences of the
// explanation. Null if no endpoint refused it.
struct NotedRefusal {
    Reason reason;
    std::string details{};
};
void note_refusal(ngx_http_request_t* r, Reason reason, std::string details = {});
const NotedRefusal* noted_refusal(ngx_http_request_t* r) noexcept;

// The explanation that the answer to a refused request contains; empty if the client is not to get
// one. Kept in the request's pool.
std::string_view sent_explanation(ngx_http_request_t* r, const Decision& decision) noexcept;

// Removes the challenges that refuse() added, from an answer that has not been sent.
void withdraw_challenges(ngx_http_request_t* r) noexcept;

} // namespace sallyport::ngx
