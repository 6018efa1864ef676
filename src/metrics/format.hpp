#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::metrics {

enum class Format : std::uint8_t { prometheus, json, html };

// The requested format: that of the argument "format", else that of the Accept field, else
// Prometheus. Empty if the argument is not a format.
std::optional<Format> choose_format(std::optional<std::string_view> argument,
                                    std::string_view accept);

} // namespace sallyport::metrics
