#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

// Seconds since the epoch of an RFC 3339 date-time ("2026-01-31T23:59:59Z", with any offset);
// fractions of a second are left out. Nothing for anything else, days that no month has included.
std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept;

// The same in UTC with three digits for the fraction ("2026-01-31T23:59:59.042Z"), of the
// milliseconds since the epoch.
std::string format_rfc3339(std::int64_t milliseconds);

} // namespace sallyport
