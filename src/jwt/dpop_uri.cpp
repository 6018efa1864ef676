#include "jwt/dpop_uri.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace sallyport::jwt {
namespace {

constexpr std::size_t max_port_digits = 5;

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// RFC 3986 section 2.3
constexpr bool is_unreserved(char c) noexcept {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

constexpr char upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
}

// Decodes percent-encoded unreserved characters, and writes the digits of the others in upper case
// (RFC 3986 sections 6.2.2.1 and 6.2.2.2). Nothing if there is a "%" without two digits.
std::optional<std::string> decode_unreserved(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        std::uint8_t byte = 0;
        const std::string_view digits = text.substr(i + 1, 2);
        if (digits.size() != 2 || !hex_decode_into(digits, &byte)) {
            return std::nullopt;
        }
        if (const char c = static_cast<char>(byte); is_unreserved(c)) {
            decoded += c;
        } else {
            decoded += {'%', upper(digits[0]), upper(digits[1])};
        }
        i += 2;
    }
    return decoded;
}

// RFC 3986 section 5.2.4, for a path that begins with a slash. Where slashes are doubled, nothing
// is removed: a server that merges them first, such as nginx, removes another segment with "..".
std::string remove_dot_segments(std::string_view path) {
    if (path.find("//") != path.npos) {
        return std::string(path);
    }
    std::string removed;
    removed.reserve(path.size());
    while (!path.empty()) {
        const auto end = std::min(path.find('/', 1), path.size());
        const std::string_view segment = path.substr(0, end);
        path.remove_prefix(end);
        if (segment == "/." || segment == "/..") {
            if (segment == "/..") {
                removed.resize(std::min(removed.rfind('/'), removed.size()));
            }
            path = path.empty() ? "/" : path;
        } else {
            removed += segment;
        }
    }
    return removed;
}

// A registered name, an IPv4 address, or an IPv6 address in brackets.
bool is_host(std::string_view host) noexcept {
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        return !host.empty() && host.find_first_not_of("0123456789abcdefABCDEF:.") == host.npos;
    }
    return !host.empty() && host.find_first_of("[]:@\\^|<>\"`{}") == host.npos;
}

// In lower case, and without the port of the scheme (RFC 3986 section 6.2.3). Percent-encoded
// characters stay encoded: nginx selects servers by the text of Host.
std::optional<std::string> normalized_authority(std::string_view authority,
                                                std::string_view default_port) {
    const auto bracket = authority.rfind(']');
    const auto colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
    const std::string_view name = authority.substr(0, colon);
    const std::string_view port =
        colon == authority.npos ? std::string_view() : authority.substr(colon + 1);
    if (!is_host(name) || !decode_unreserved(name) || port.size() > max_port_digits ||
        !std::all_of(port.begin(), port.end(), is_digit)) {
        return std::nullopt;
    }
    std::string host(name);
    std::transform(host.begin(), host.end(), host.begin(), lower);
    if (!port.empty() && port != default_port) {
        host.append(1, ':').append(port);
    }
    return host;
}

} // namespace

std::optional<std::string> normalized_uri(std::string_view uri) {
    uri = uri.substr(0, uri.find_first_of("?#"));
    if (uri.size() > max_uri_bytes || has_control(uri) || uri.find(' ') != uri.npos) {
        return std::nullopt;
    }
    const auto colon = uri.find("://");
    const std::string_view scheme = uri.substr(0, colon);
    const bool is_https = equal_ignoring_case(scheme, "https");
    if (colon == uri.npos || (!is_https && !equal_ignoring_case(scheme, "http"))) {
        return std::nullopt;
    }
    uri.remove_prefix(colon + 3);
    const auto slash = std::min(uri.find('/'), uri.size());
    const auto authority = normalized_authority(uri.substr(0, slash), is_https ? "443" : "80");
    const auto path = decode_unreserved(slash < uri.size() ? uri.substr(slash) : "/");
    if (!authority || !path) {
        return std::nullopt;
    }
    return (is_https ? "https://" : "http://") + *authority + remove_dot_segments(*path);
}

} // namespace sallyport::jwt
