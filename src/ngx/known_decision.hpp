#pragma once

#include "ngx/decision.hpp"

namespace sallyport::ngx {

// The decision whose outcome variables tell: that of the place where the request is, made now if
// need be; where nothing is switched on, the latest one that was enforced, before an internal
// redirect. Null when there is none. May be undecided. The request must be a main request.
const Decision* known_decision(ngx_http_request_t* r);

} // namespace sallyport::ngx
