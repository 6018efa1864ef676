#include "base/origin.hpp"

#include <algorithm>
#include <string>

namespace sallyport {
namespace {

bool consists_of(std::string_view text, std::string_view signs) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               signs.find(c) != std::string_view::npos;
    });
}

bool is_port(std::string_view text, std::string_view scheme) noexcept {
    const bool is_number =
        !text.empty() && text.size() <= 5 && text.front() != '0' &&
        std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    const bool is_default =
        (scheme == "http" && text == "80") || (scheme == "https" && text == "443");
    return is_number && !is_default && std::stoi(std::string(text)) <= 65535;
}

} // namespace

bool is_origin(std::string_view text) noexcept {
    const auto colon = text.find("://");
    if (colon == std::string_view::npos || !consists_of(text.substr(0, colon), "+-.")) {
        return false;
    }
    const std::string_view scheme = text.substr(0, colon);
    std::string_view host = text.substr(colon + 3);
    const auto bracket = host.rfind(']');
    const auto port = host.find(':', bracket != std::string_view::npos ? bracket : 0);
    if (port != std::string_view::npos) {
        if (!is_port(host.substr(port + 1), scheme)) {
            return false;
        }
        host = host.substr(0, port);
    }
    if (host.starts_with('[') && host.ends_with(']')) {
        return consists_of(host.substr(1, host.size() - 2), ":");
    }
    return consists_of(host, "-.");
}

} // namespace sallyport
