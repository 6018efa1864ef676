#pragma once

#include <cstdint>
#include <string>

namespace sallyport {

// A time in seconds since the epoch and its distance from now: "2026-03-01T09:59:23Z (37 s ago)".
// Before 1970 and after the year 9999, the number of seconds stands for the date; it is limited to
// 2^53. `now` is a time of this century.
std::string time_text(double seconds, std::int64_t now);

} // namespace sallyport
