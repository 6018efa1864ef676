#pragma once

#include <cstdint>
#include <string>

namespace sallyport {

// A time in seconds since the epoch and its distance from now: "2026-03-01T09:59:23Z (37 s ago)".
// After the year 9999 the number of seconds stands for the date. `seconds` is not negative.
std::string time_text(double seconds, std::int64_t now);

} // namespace sallyport
