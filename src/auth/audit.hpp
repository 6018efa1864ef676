#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auth/who.hpp"

namespace sallyport::auth {

// One line of an audit log; empty members are left out. Views are borrowed.
struct AuditEvent {
    std::string_view event;
    Who who{};
    std::string_view reason{};
    std::string_view replaced_by{};
    std::string_view client{};
    std::string_view request_id{};
};

// A JSON object and a line break. Text that is too long, not UTF-8 or holds DEL or C1 controls has
// its bytes as \xHH.
std::string audit_line(const AuditEvent& event, std::int64_t milliseconds);

} // namespace sallyport::auth
