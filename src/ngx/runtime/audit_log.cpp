#include "ngx/runtime/audit_log.hpp"

#include "ngx/runtime/request.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {
namespace {

constexpr time_t complaint_interval = 60; // seconds

std::int64_t now_milliseconds() noexcept {
    const ngx_time_t* const now = ngx_timeofday();
    return static_cast<std::int64_t>(now->sec) * 1000 + static_cast<std::int64_t>(now->msec);
}

// One write per line: lines of several workers do not interleave.
void write(ngx_open_file_t& file, const std::string& line, ngx_log_t* log) {
    static time_t complained = 0;
    const ssize_t written = ngx_write_fd(file.fd, const_cast<char*>(line.data()), line.size());
    if (written != static_cast<ssize_t>(line.size()) &&
        ngx_time() - complained >= complaint_interval) {
        complained = ngx_time();
        ngx_log_error(NGX_LOG_ALERT, log, written < 0 ? ngx_errno : 0,
                      "sallyport: the audit log \"%V\" cannot be written", &file.name);
    }
}

} // namespace

void audit(ngx_http_request_t* r, const AuditLog& log, auth::AuditEvent event) {
    if (log.file == nullptr) {
        return;
    }
    event.client = view(r->connection->addr_text);
    event.request_id = evaluate(r, log.request_id);
    write(*log.file, audit_line(event, now_milliseconds()), r->connection->log);
}

Audit audit_later(ngx_http_request_t* r, const AuditLog& log) {
    if (log.file == nullptr) {
        return nullptr;
    }
    return [file = log.file, client = std::string(view(r->connection->addr_text)),
            id = std::string(evaluate(r, log.request_id))](auth::AuditEvent event) {
        event.client = client;
        event.request_id = id;
        write(*file, audit_line(event, now_milliseconds()), ngx_cycle->log);
    };
}

void audit_everywhere(const auth::AuditEvent& event) {
    const Worker* const own = worker(const_cast<const ngx_cycle_t*>(ngx_cycle));
    if (own == nullptr) {
        return;
    }
    for (ngx_open_file_t* const file : own->audit_logs) {
        write(*file, audit_line(event, now_milliseconds()), ngx_cycle->log);
    }
}

} // namespace sallyport::ngx
