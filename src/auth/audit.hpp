#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::auth {

// One line of an audit log; what is empty is left out. Borrowed.
struct AuditEvent {
    std::string_view event;
    std::string_view tenant{};
    std::string_view subject{};
    std::string_view sid{};
    std::string_view jti{};
    std::string_view kid{};
    std::string_view reason{};
    std::string_view replaced_by{};
    std::string_view client{};
    std::string_view request_id{};
};

// A JSON object and a line break. Text that is too long, not UTF-8 or holds DEL or C1 controls has
// its octets as \xHH.
std::string audit_line(const AuditEvent& event, std::int64_t milliseconds);

} // namespace sallyport::auth
