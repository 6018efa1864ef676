#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::metrics {

enum class Format : std::uint8_t { prometheus, json, html };

// The format that a request asks for: by its argument "format", else by its Accept field, else
// Prometheus. Nothing for an argument that names none.
std::optional<Format> choose_format(std::optional<std::string_view> argument,
                                    std::string_view accept);

} // namespace sallyport::metrics
