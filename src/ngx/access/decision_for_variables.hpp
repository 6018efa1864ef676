#pragma once

#include "ngx/access/decision.hpp"

namespace sallyport::ngx {

// The decision that variables describe. It is the decision for the current location, made on first
// use; before the access phase an early decision takes its place if keys, or the use of a proof,
// would have to be waited for. In a location without a policy it is the latest final decision of an
// earlier location. A subrequest without a decision of its own uses that of its main request. May
// be null or pending.
const Decision* decision_for_variables(ngx_http_request_t* r);

// The same, for the variables that say why a request was refused: if there is no such decision,
// that about a subrequest that was refused, which auth_request may have sent.
const Decision* decision_for_reason(ngx_http_request_t* r);

// Whether variables may name the decision's principal: one that was admitted, in this location or
// an earlier one, or that was authenticated early. Of a refused principal only the access log
// speaks.
bool speaks_for(const Decision& decision, ngx_http_request_t* r) noexcept;

// The request has left the access phase of its location.
void note_admission(ngx_http_request_t* r);

} // namespace sallyport::ngx
