#include "auth/challenge.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace sallyport::auth {
namespace {

// RFC 9110 section 5.6.4
std::string quoted_string(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (has_control({&c, 1})) {
            continue;
        }
        if (c == '"' || c == '\\') {
            quoted += '\\';
        }
        quoted += c;
    }
    return quoted + '"';
}

// The status codes of RFC 9110 section 15, and those of other RFCs that an administrator may
// configure.
std::string_view title(int status) noexcept {
    struct Title {
        int status;
        std::string_view text;
    };
    constexpr std::array titles{
        Title{400, "Bad Request"},
        Title{401, "Unauthorized"},
        Title{402, "Payment Required"},
        Title{403, "Forbidden"},
        Title{404, "Not Found"},
        Title{405, "Method Not Allowed"},
        Title{406, "Not Acceptable"},
        Title{409, "Conflict"},
        Title{410, "Gone"},
        Title{413, "Content Too Large"},
        Title{415, "Unsupported Media Type"},
        Title{421, "Misdirected Request"},
        Title{422, "Unprocessable Content"},
        Title{428, "Precondition Required"},
        Title{429, "Too Many Requests"},
        Title{451, "Unavailable For Legal Reasons"},
        Title{500, "Internal Server Error"},
        Title{501, "Not Implemented"},
        Title{502, "Bad Gateway"},
        Title{503, "Service Unavailable"},
        Title{504, "Gateway Timeout"},
        Title{507, "Insufficient Storage"},
        Title{511, "Network Authentication Required"},
    };
    const auto* const found = std::find_if(
        titles.begin(), titles.end(), [&](const Title& title) { return title.status == status; });
    return found != titles.end() ? found->text : status < 500 ? "Client Error" : "Server Error";
}

} // namespace

std::string token_challenge(const TokenChallenge& about) {
    const ReasonInfo& info = describe(about.reason);
    const bool has_error = about.has_error && !info.challenge.empty();
    if (info.status != 401 && !has_error) {
        return {};
    }
    const bool is_dpop = about.scheme == TokenScheme::dpop;
    std::string text = is_dpop ? "DPoP realm=" : "Bearer realm=";
    text += quoted_string(about.realm);
    if (has_error) {
        text += ", error=\"" + std::string(info.challenge) + '"';
    }
    if (!about.scope.empty() && (info.status == 401 || about.reason == Reason::scope_missing)) {
        text += ", scope=" + quoted_string(about.scope);
    }
    if (is_dpop) {
        text += ", algs=" + quoted_string(about.algorithms);
    }
    if (!about.metadata_uri.empty()) {
        text += ", resource_metadata=" + quoted_string(about.metadata_uri);
    }
    return text;
}

std::string challenge(Method method, std::string_view realm, Reason reason,
                      std::optional<Method> presented, std::string_view scope,
                      std::string_view metadata_uri) {
    if (method == Method::jwt) {
        return token_challenge({.scheme = TokenScheme::bearer,
                                .realm = realm,
                                .reason = reason,
                                .has_error = !presented || *presented == method,
                                .scope = scope,
                                .metadata_uri = metadata_uri});
    }
    if (describe(reason).status != 401) {
        return {};
    }
    const std::string quoted_realm = quoted_string(realm);
    return method == Method::password ? "Basic realm=" + quoted_realm + ", charset=\"UTF-8\""
                                      : "Api-Key realm=" + quoted_realm;
}

bool is_about_proof(Reason reason) noexcept {
    return reason == Reason::dpop_proof_missing || reason == Reason::dpop_proof_malformed ||
           reason == Reason::dpop_proof_invalid || reason == Reason::dpop_proof_replayed ||
           reason == Reason::dpop_nonce_needed;
}

std::string problem_json(Reason reason, int status, std::string_view explanation) {
    // Text from the table needs no escaping.
    const ReasonInfo& info = describe(reason);
    std::string body = R"({"type":"about:blank","title":")";
    body += title(status);
    body += R"(","status":)" + std::to_string(status);
    body += R"(,"detail":")";
    body += info.detail;
    if (!info.challenge.empty() && (status == info.status || is_about_proof(reason))) {
        body += R"(","error":")";
        body += info.challenge;
    }
    if (!explanation.empty()) {
        body += R"(","explanation":")";
        for (const char c : explanation) {
            body += c == '"' || c == '\\' ? "\\" : "";
            body += c;
        }
    }
    return body + "\"}\n";
}

std::string problem_html(int status, std::string_view explanation) {
    const std::string heading = std::to_string(status) + ' ' + std::string(title(status));
    std::string text;
    for (const char c : explanation) {
        switch (c) {
        case '&':
            text += "&amp;";
            break;
        case '<':
            text += "&lt;";
            break;
        case '>':
            text += "&gt;";
            break;
        default:
            text += c;
        }
    }
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>" + heading +
           "</title></head>\n<body>\n<h1>" + heading + "</h1>\n<p>" + text +
           "</p>\n</body>\n</html>\n";
}

} // namespace sallyport::auth
