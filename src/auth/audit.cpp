#include "auth/audit.hpp"

#include "base/text.hpp"
#include "base/timestamp.hpp"
#include "json/object.hpp"

namespace sallyport::auth {
namespace {

constexpr std::size_t max_text = 1024;

// DEL and the C1 controls: JSON does not escape them, and terminals obey them.
bool commands_terminals(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
        if (byte == 0x7f || (byte == 0xc2 && next < 0xa0)) {
            return true;
        }
    }
    return false;
}

void set(json::Object& line, const char* name, std::string_view text) {
    if (text.empty()) {
        return;
    }
    const bool plain = text.size() <= max_text && !commands_terminals(text) && json::is_utf8(text);
    line.set(name, plain ? std::string(text) : log_safe(text, max_text));
}

} // namespace

std::string audit_line(const AuditEvent& event, std::int64_t milliseconds) {
    json::Object line;
    set(line, "time", format_rfc3339(milliseconds));
    set(line, "event", event.event);
    set(line, "tenant_id", event.who.tenant);
    set(line, "sub", event.who.subject);
    set(line, "sid", event.who.sid);
    set(line, "jti", event.who.jti);
    set(line, "kid", event.who.kid);
    set(line, "reason", event.reason);
    set(line, "replaced_by", event.replaced_by);
    set(line, "client", event.client);
    set(line, "request_id", event.request_id);
    return line.text() + '\n';
}

} // namespace sallyport::auth
