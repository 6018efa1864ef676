#include "auth/challenge.hpp"

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

std::string_view title(int status) noexcept {
    switch (status) {
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

} // namespace

std::string challenge(Method method, std::string_view realm, Reason reason,
                      std::optional<Method> presented) {
    const ReasonInfo& info = describe(reason);
    const bool about_this = !presented || *presented == method;
    const bool has_error = method == Method::jwt && about_this && !info.challenge.empty();
    if (info.status != 401 && !has_error) {
        return {};
    }
    const std::string quoted_realm = quoted_string(realm);
    switch (method) {
    case Method::password:
        return "Basic realm=" + quoted_realm + ", charset=\"UTF-8\"";
    case Method::api_key:
        return "Api-Key realm=" + quoted_realm;
    case Method::jwt:
        break;
    }
    const std::string error = ", error=\"" + std::string(info.challenge) + '"';
    return "Bearer realm=" + quoted_realm + (has_error ? error : "");
}

std::string problem_json(Reason reason) {
    // All text is ours, from the table, and needs no escaping.
    const ReasonInfo& info = describe(reason);
    std::string body = R"({"type":"about:blank","title":")";
    body += title(info.status);
    body += R"(","status":)" + std::to_string(info.status);
    body += R"(,"detail":")";
    body += info.detail;
    if (!info.challenge.empty()) {
        body += R"(","error":")";
        body += info.challenge;
    }
    return body + "\"}\n";
}

} // namespace sallyport::auth
