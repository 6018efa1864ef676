#include "jwt/token.hpp"

#include <array>

#include "base/encoding.hpp"

namespace sallyport::jwt {
namespace {

constexpr json::Limits header_limits{4096, 8};

Failure<Refusal> refuse(Reason reason, std::string_view kid = {}) {
    return {{reason, std::string(kid)}};
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
    return Header{std::move(members), *algorithm, kid_text};
}

} // namespace sallyport::jwt
