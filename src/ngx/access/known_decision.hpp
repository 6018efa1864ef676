#pragma once

#include "ngx/access/decision.hpp"

namespace sallyport::ngx {

// The decision whose outcome variables tell: that of the location where the request is, made now if
// need be, and before the access phase with keys that were fetched last if others would have to be
// waited for; where nothing is switched on, the latest one that was enforced, before an internal
// redirect. A subrequest that was not judged itself speaks of its main request. Null when there is
// none. May be undecided.
const Decision* known_decision(ngx_http_request_t* r);

// Its principal is the request's: admitted here, in the access phase or by being judged right now;
// proved before that phase; or admitted in an earlier location. A principal that was refused is
// nobody, wherever the request goes, and is named in the access log alone.
bool speaks_for(const Decision& decision, ngx_http_request_t* r) noexcept;

// The request has left the access phase of its location.
void note_admission(ngx_http_request_t* r);

} // namespace sallyport::ngx
