#include "metrics/format.hpp"

#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace sallyport::metrics {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The weight of a media range (RFC 9110 section 12.4.2).
double weight(const std::vector<std::string_view>& parts) {
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const std::string_view part = trimmed(parts[i]);
        if (part.starts_with("q=") || part.starts_with("Q=")) {
            return std::strtod(std::string(part.substr(2)).c_str(), nullptr);
        }
    }
    return 1;
}

std::optional<Format> format_of(std::string_view range) noexcept {
    const auto is = [&](std::string_view type) { return equal_ignoring_case(range, type); };
    if (is("text/html") || is("application/xhtml+xml")) {
        return Format::html;
    }
    if (is("application/json")) {
        return Format::json;
    }
    if (is("text/plain") || is("application/openmetrics-text") || is("text/*") || is("*/*")) {
        return Format::prometheus;
    }
    return std::nullopt;
}

} // namespace

std::optional<Format> choose_format(std::optional<std::string_view> argument,
                                    std::string_view accept) {
    if (argument) {
        if (*argument == "prometheus") {
            return Format::prometheus;
        }
        if (*argument == "json") {
            return Format::json;
        }
        return *argument == "html" ? std::optional(Format::html) : std::nullopt;
    }
    Format best = Format::prometheus;
    double best_weight = 0;
    for (const std::string_view range : split(accept, ',')) {
        const auto parts = split(range, ';');
        const auto format = parts.empty() ? std::nullopt : format_of(trimmed(parts[0]));
        if (format && weight(parts) > best_weight) {
            best = *format;
            best_weight = weight(parts);
        }
    }
    return best;
}

} // namespace sallyport::metrics
