#include "auth/audit.hpp"

#include <new>

#include "base/text.hpp"
#include "base/timestamp.hpp"
#include "json/jansson.hpp"

namespace sallyport::auth {
namespace {

constexpr std::size_t max_text = 1024;

// What JSON leaves as it is, and a terminal obeys: DEL, and the C1 controls.
bool commands_terminals(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto octet = static_cast<unsigned char>(text[i]);
        const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
        if (octet == 0x7f || (octet == 0xc2 && next < 0xa0)) {
            return true;
        }
    }
    return false;
}

void set(json_t* line, const char* name, std::string_view text) {
    if (text.empty()) {
        return;
    }
    const bool plain = text.size() <= max_text && !commands_terminals(text);
    json::Value value(plain ? json_stringn(text.data(), text.size()) : nullptr);
    if (!value) {
        value.reset(json_string(log_safe(text, max_text).c_str()));
    }
    if (json_object_set_new(line, name, value.release()) != 0) {
        throw std::bad_alloc();
    }
}

} // namespace

std::string audit_line(const AuditEvent& event, std::int64_t milliseconds) {
    const json::Value line(json_object());
    set(line.get(), "time", format_rfc3339(milliseconds));
    set(line.get(), "event", event.event);
    set(line.get(), "tenant_id", event.tenant);
    set(line.get(), "sub", event.subject);
    set(line.get(), "sid", event.sid);
    set(line.get(), "jti", event.jti);
    set(line.get(), "kid", event.kid);
    set(line.get(), "reason", event.reason);
    set(line.get(), "replaced_by", event.replaced_by);
    set(line.get(), "client", event.client);
    set(line.get(), "request_id", event.request_id);
    return json::compact(line.get()) + '\n';
}

} // namespace sallyport::auth
