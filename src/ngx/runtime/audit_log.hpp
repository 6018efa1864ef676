#pragma once

#include <functional>
#include <string>

#include "auth/audit.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Of a location.
struct AuditLog {
    ngx_open_file_t* file = nullptr; // null: none
    ngx_http_complex_value_t* request_id = nullptr;
};

// Writes what happened to a request, with its client and ID, where the place has an audit log. A
// line that cannot be written is told to the error log, and is no reason to refuse.
void audit(ngx_http_request_t* r, const AuditLog& log, auth::AuditEvent event);

// The same for later, when the request may be gone. Empty where the place has no audit log.
using Audit = std::function<void(auth::AuditEvent)>;
Audit audit_later(ngx_http_request_t* r, const AuditLog& log);

// Writes what is no request's doing to all audit logs of the configuration.
void audit_everywhere(const auth::AuditEvent& event);

} // namespace sallyport::ngx
