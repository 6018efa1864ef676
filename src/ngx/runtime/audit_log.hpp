#pragma once

#include <functional>
#include <string>

#include "auth/audit.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The audit log of a location.
struct AuditLog {
    ngx_open_file_t* file = nullptr; // null: none
    ngx_http_complex_value_t* request_id = nullptr;
};

// Writes an audit record with the request's client and ID, if the location has an audit log. A
// failed write is reported in the error log; the request continues.
void audit(ngx_http_request_t* r, const AuditLog& log, auth::AuditEvent event);

// For records written after the request may have ended. Empty without an audit log.
using Audit = std::function<void(auth::AuditEvent)>;
Audit audit_later(ngx_http_request_t* r, const AuditLog& log);

// Writes an event without a request to all audit logs of the configuration.
void audit_everywhere(const auth::AuditEvent& event);

} // namespace sallyport::ngx
