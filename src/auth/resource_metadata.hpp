#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::auth {

// Where metadata is: between host and path of the resource (RFC 9728 section 3.1).
constexpr std::string_view resource_well_known = "/.well-known/oauth-protected-resource";

// What is wrong with a URI that identifies a protected resource or an authorization server, or of a
// page for people, as a sentence. Both need "https", or "http" for a loopback host. Clients compare
// identifiers byte for byte, so these also need the form that clients' URL parsers produce, and
// have no query or fragment.
std::optional<std::string> identifier_fault(std::string_view uri);
std::optional<std::string> page_fault(std::string_view uri);

// For a valid identifier: the URI of the metadata, and the path that it adds to
// resource_well_known, percent-decoded.
std::string metadata_uri(std::string_view resource);
std::string metadata_path(std::string_view resource);

// The metadata of a protected resource (RFC 9728 section 2). Empty members are left out.
struct ResourceMetadata {
    std::string resource;
    std::vector<std::string> authorization_servers{};
    std::vector<std::string> scopes{};
    bool reads_authorization = false;
    bool binds_to_certificate = false;
    std::vector<std::string> dpop_algorithms{};
    bool requires_dpop = false;
    std::string name{};
    std::string documentation{};
    std::string policy{};
    std::string terms{};

    [[nodiscard]] std::string json() const;
};

} // namespace sallyport::auth
