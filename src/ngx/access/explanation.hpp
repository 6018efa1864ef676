#pragma once

#include <string>
#include <string_view>

#include "ngx/access/decision.hpp"

namespace sallyport::ngx {

// Why a request was refused, as one line of printable ASCII for an administrator: the rule that was
// not met, what it wanted, and what the credential has. Contains no token, key, password or digest,
// and of a token whose signature was not verified only its header. An unknown user and a wrong
// password have the same explanation. The decision must be a refusal.
std::string explain(ngx_http_request_t* r, const Decision& decision);

// The same for a refusal by an endpoint. `details` are further sentences.
std::string explain(ngx_http_request_t* r, Reason reason, std::string_view details = {});

// auth_explain lists the address of the client, so that its refusals contain their explanation.
bool explains(ngx_http_request_t* r, const Policy& policy) noexcept;

} // namespace sallyport::ngx
