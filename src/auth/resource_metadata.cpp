#include "auth/resource_metadata.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/encoding.hpp"
#include "base/origin.hpp"
#include "json/object.hpp"

namespace sallyport::auth {
namespace {

// Authority and rest of a URI that begins with its scheme and "//".
struct UriParts {
    std::string_view scheme;
    std::string_view authority;
    std::string_view path; // with query and fragment
};

UriParts parts_of(std::string_view uri) noexcept {
    const auto colon = std::min(uri.find("://"), uri.size());
    const auto host = std::min(colon + 3, uri.size());
    const auto slash = std::min(uri.find_first_of("/?#", host), uri.size());
    return {uri.substr(0, colon), uri.substr(host, slash - host), uri.substr(slash)};
}

bool is_loopback(std::string_view authority) noexcept {
    if (authority.starts_with('[')) {
        return authority.starts_with("[::1]");
    }
    const std::string_view host = authority.substr(0, authority.find(':'));
    return host == "localhost" ||
           (host.starts_with("127.") && std::all_of(host.begin(), host.end(), [](char c) {
                return c == '.' || (c >= '0' && c <= '9');
            }));
}

// RFC 3986 section 2, without the dollar sign, which would look like a variable.
bool may_contain(char c) noexcept {
    constexpr std::string_view others = "-._~:/?#[]@!&'()*+,;=%";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
}

// Empty if an escape is broken, or stands for a NUL.
std::optional<std::string> percent_decoded(std::string_view path) {
    std::string decoded;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] != '%') {
            decoded += path[i];
            continue;
        }
        std::uint8_t byte = 0;
        if (i + 2 >= path.size() || !hex_decode_into(path.substr(i + 1, 2), &byte) || byte == 0) {
            return std::nullopt;
        }
        decoded += static_cast<char>(byte);
        i += 2;
    }
    return decoded;
}

// Servers look for any other path under its normalized form.
bool is_normalized(std::string_view path) {
    constexpr std::array<std::string_view, 3> others{"//", "/./", "/../"};
    const std::string whole = std::string(path) + (path.ends_with('/') ? "" : "/");
    return std::none_of(others.begin(), others.end(), [&](std::string_view segment) {
        return whole.find(segment) != std::string::npos;
    });
}

std::optional<std::string> uri_fault(std::string_view uri) {
    if (uri.find('$') != std::string_view::npos) {
        return "it takes no variables";
    }
    if (!std::all_of(uri.begin(), uri.end(), may_contain)) {
        return "it has a character that URIs cannot have";
    }
    const UriParts parts = parts_of(uri);
    if (parts.scheme != "https" && parts.scheme != "http") {
        return "it has to begin with https://";
    }
    if (parts.scheme == "http" && !is_loopback(parts.authority)) {
        return "only a loopback host can have http instead of https";
    }
    if (!is_origin(uri.substr(0, uri.size() - parts.path.size()))) {
        return "it needs a host in lower case, and no port that is the default one";
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> identifier_fault(std::string_view uri) {
    if (auto fault = uri_fault(uri)) {
        return fault;
    }
    const std::string_view path = parts_of(uri).path;
    if (path.find_first_of("?#") != std::string_view::npos) {
        return "it cannot have a query or a fragment";
    }
    const auto decoded = percent_decoded(path);
    if (!decoded || !is_normalized(*decoded)) {
        return "its path has a broken escape, an empty segment, \".\" or \"..\"";
    }
    return std::nullopt;
}

std::optional<std::string> page_fault(std::string_view uri) {
    return uri_fault(uri);
}

std::string metadata_uri(std::string_view resource) {
    const std::string_view path = parts_of(resource).path;
    std::string uri(resource.substr(0, resource.size() - path.size()));
    uri += resource_well_known;
    return path != "/" ? uri.append(path) : uri;
}

std::string metadata_path(std::string_view resource) {
    const std::string_view path = parts_of(resource).path;
    return path != "/" ? percent_decoded(path).value_or("") : "";
}

std::string ResourceMetadata::json() const {
    json::Object members;
    const auto set = [&](const char* member, const std::string& text) {
        if (!text.empty()) {
            members.set(member, text);
        }
    };
    members.set("resource", resource);
    if (!authorization_servers.empty()) {
        members.set("authorization_servers", authorization_servers);
    }
    if (!scopes.empty()) {
        members.set("scopes_supported", scopes);
    }
    if (reads_authorization) {
        members.set("bearer_methods_supported", std::array<std::string_view, 1>{"header"});
    }
    if (binds_to_certificate) {
        members.set("tls_client_certificate_bound_access_tokens", json::Value(json_true()));
    }
    if (!dpop_algorithms.empty()) {
        members.set("dpop_signing_alg_values_supported", dpop_algorithms);
    }
    if (requires_dpop) {
        members.set("dpop_bound_access_tokens_required", json::Value(json_true()));
    }
    set("resource_name", name);
    set("resource_documentation", documentation);
    set("resource_policy_uri", policy);
    set("resource_tos_uri", terms);
    return members.text() + '\n';
}

} // namespace sallyport::auth
