#include "jwt/token.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace sallyport::jwt {
namespace {

constexpr json::Limits header_limits{4096, 8};

Failure<Refusal> refuse(Reason reason, std::string_view kid = {}) {
    return {{reason, std::string(kid)}};
}

// JWTs that other specifications define: OpenID Connect Back-Channel Logout, RFC 8417, RFC 9449,
// RFC 9101 and RFC 9701. The prefix of media types may be omitted (RFC 7515 section 4.1.9).
bool is_no_credential(const json::Element* type) {
    constexpr std::array<std::string_view, 5> others{
        "logout+jwt", "secevent+jwt", "dpop+jwt", "oauth-authz-req+jwt", "token-introspection+jwt"};
    constexpr std::string_view prefix = "application/";
    std::string_view name = json::string(type).value_or("");
    if (equal_ignoring_case(name.substr(0, prefix.size()), prefix)) {
        name.remove_prefix(prefix.size());
    }
    return std::any_of(others.begin(), others.end(),
                       [&](std::string_view other) { return equal_ignoring_case(name, other); });
}

} // namespace

std::optional<Segments> split_token(std::string_view compact) noexcept {
    const auto first = compact.find('.');
    if (first == std::string_view::npos || first == 0) {
        return std::nullopt;
    }
    const auto second = compact.find('.', first + 1);
    if (second == std::string_view::npos || second == first + 1 ||
        compact.find('.', second + 1) != std::string_view::npos) {
        return std::nullopt;
    }
    return Segments{compact.substr(0, first), compact.substr(first + 1, second - first - 1),
                    compact.substr(second + 1), compact.substr(0, second)};
}

Result<Header, Refusal> parse_header(std::string_view segment) {
    std::array<std::uint8_t, header_limits.bytes> buffer;
    const std::size_t size = base64url_decoded_size(segment.size());
    if (size > buffer.size() || !base64url_decode_into(segment, buffer.data())) {
        return refuse(Reason::token_malformed);
    }
    json::Document members =
        json::parse_document(text(BytesView(buffer).first(size)), header_limits);
    const json::Element* const kid = json::member(members.root(), "kid");
    const auto kid_text = json::string(kid);
    const bool has_kid = kid != nullptr && !json::is(kid, json::Element::Kind::null);
    if (!members || (has_kid && !kid_text)) {
        return refuse(Reason::token_malformed);
    }
    const auto algorithm =
        find_algorithm(json::string(json::member(members.root(), "alg")).value_or(""));
    if (!algorithm) {
        return refuse(Reason::algorithm_unsupported, kid_text.value_or(""));
    }
    if (json::member(members.root(), "crit") != nullptr ||
        json::is(json::member(members.root(), "b64"), json::Element::Kind::no)) {
        return refuse(Reason::critical_header, kid_text.value_or(""));
    }
    const bool is_other = is_no_credential(json::member(members.root(), "typ"));
    return Header{std::move(members), *algorithm, kid_text, is_other};
}

} // namespace sallyport::jwt
