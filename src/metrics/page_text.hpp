#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::metrics {

// For text and attributes of HTML. Control characters become U+FFFD.
std::string html_text(std::string_view text);
// 1234567 as 1 234 567, with narrow spaces that do not break.
std::string html_number(std::uint64_t number);
// About how long: "37 s", "5 min", "3 h", "2 d".
std::string html_span(std::int64_t seconds);
// A time of Unix before or after now: "5 min ago", "in 3 h".
std::string html_time(std::int64_t time, std::int64_t now);
// Whole percents, but for what is nearly none or nearly all: "<1 %", ">99 %".
std::string html_share(std::uint64_t part, std::uint64_t whole);
// A bar that shows a share. A number beside it says the same to those who do not see it.
std::string html_bar(std::uint64_t part, std::uint64_t whole, bool calm = false);

} // namespace sallyport::metrics
