#include "metrics/page_text.hpp"

namespace sallyport::metrics {
namespace {

constexpr std::int64_t minute = 60;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

std::string_view entity(char c) noexcept {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? "&#xfffd;" : "";
    }
}

} // namespace

std::string html_text(std::string_view text) {
    std::string html;
    for (const char c : text) {
        const std::string_view replaced = entity(c);
        if (replaced.empty()) {
            html += c;
        } else {
            html += replaced;
        }
    }
    return html;
}

std::string html_number(std::uint64_t number) {
    std::string text = std::to_string(number);
    constexpr std::size_t group = 3;
    if (text.size() <= group + 1) {
        return text;
    }
    for (std::size_t at = text.size(); at > group;) {
        at -= group;
        text.insert(at, "&#8239;");
    }
    return text;
}

std::string html_span(std::int64_t seconds) {
    if (seconds < 2 * minute) {
        return std::to_string(seconds) + " s";
    }
    if (seconds < 2 * hour) {
        return std::to_string(seconds / minute) + " min";
    }
    return seconds < 2 * day ? std::to_string(seconds / hour) + " h"
                             : std::to_string(seconds / day) + " d";
}

std::string html_time(std::int64_t time, std::int64_t now) {
    if (time == 0) {
        return "never";
    }
    constexpr std::int64_t just_now = 10;
    if (time <= now && now - time < just_now) {
        return "now";
    }
    return time > now ? "in " + html_span(time - now) : html_span(now - time) + " ago";
}

std::string html_share(std::uint64_t part, std::uint64_t whole) {
    if (part == 0 || whole == 0) {
        return "0 %";
    }
    const auto percent =
        static_cast<std::uint64_t>(100.0 * static_cast<double>(part) / static_cast<double>(whole));
    if (percent == 0) {
        return "&lt;1 %";
    }
    return percent >= 99 && part < whole ? "&gt;99 %" : std::to_string(percent) + " %";
}

std::string html_bar(std::uint64_t part, std::uint64_t whole, bool calm) {
    const double share =
        whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
    // What there is shows.
    const int width = part == 0 ? 0 : static_cast<int>(share) + (share < 1 ? 1 : 0);
    return std::string("<span class=\"bar") + (calm ? " calm" : "") +
           "\" aria-hidden=\"true\"><i style=\"width:" + std::to_string(width) + "%\"></i></span>";
}

} // namespace sallyport::metrics
