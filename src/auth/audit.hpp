#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auth/who.hpp"

namespace sallyport::auth {

// One line of an audit log. Empty members are omitted. The views are borrowed.
struct AuditEvent {
    std::string_view event;
    Who who{};
    std::string_view reason{};
    std::string_view replaced_by{};
    std::string_view client{};
    std::string_view request_id{};
};

// A JSON object and a line break. Text that is too long, that is not UTF-8, or that contains DEL or
// C1 controls is written with \xHH escapes.
std::string audit_line(const AuditEvent& event, std::int64_t milliseconds);

} // namespace sallyport::auth
