#include "jwt/verify.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/encoding.hpp"

namespace sallyport::jwt {
namespace {

constexpr json::Limits payload_limits{max_token_bytes, 32};

// The largest signature is that of an RSA key of 8192 bits.
constexpr std::size_t max_signature_bytes = 1024;

std::optional<Reason> check_signature(const Segments& segments, Algorithm algorithm,
                                      std::span<const Key* const> keys) {
    std::array<std::uint8_t, max_signature_bytes> octets;
    const std::size_t size = base64url_decoded_size(segments.signature.size());
    const auto fits = [&](const Key* key) { return key->signature_size(algorithm) == size; };
    if (size > octets.size() || std::none_of(keys.begin(), keys.end(), fits)) {
        return Reason::signature_invalid;
    }
    if (!base64url_decode_into(segments.signature, octets.data())) {
        return Reason::token_malformed;
    }
    const BytesView signature = BytesView(octets).first(size);
    for (const Key* const key : keys) {
        if (fits(key) && key->verify(algorithm, bytes(segments.signing_input), signature)) {
            return std::nullopt;
        }
    }
    return Reason::signature_invalid;
}

// JSON has C0 control characters only between its tokens, and DEL only within its strings.
void make_printable(std::string& payload) {
    std::replace_if(
        payload.begin(), payload.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; },
        ' ');
    for (auto at = payload.find('\x7f'); at != std::string::npos; at = payload.find('\x7f', at)) {
        payload.replace(at, 1, "\\u007f");
    }
}

} // namespace

Result<PresentedToken, Refusal> PresentedToken::parse(std::string_view compact) {
    if (compact.size() > max_token_bytes) {
        return Failure<Refusal>{{Reason::token_too_large, {}}};
    }
    const auto segments = split_token(compact);
    if (!segments) {
        return Failure<Refusal>{{Reason::token_malformed, {}}};
    }
    auto header = parse_header(segments->header);
    if (!header) {
        return Failure<Refusal>{header.error()};
    }
    return PresentedToken(*segments, std::move(*header));
}

void PresentedToken::read_payload() {
    if (payload_read_) {
        return;
    }
    payload_read_ = true;
    std::string text(base64url_decoded_size(segments_.payload.size()), '\0');
    if (base64url_decode_into(segments_.payload, reinterpret_cast<std::uint8_t*>(text.data()))) {
        payload_ = json::parse_object(text, payload_limits);
        payload_text_ = std::move(text);
    }
}

KeyHints PresentedToken::key_hints(const ClaimPath& tenant) {
    read_payload();
    const auto text = [](const json_t* value) {
        return value == nullptr || json_is_null(value) ? "" : json::string(value);
    };
    const auto issuer = text(json::member(payload_.get(), "iss"));
    const auto owner = text(tenant.find(payload_.get()));
    return {issuer.value_or(""), owner.value_or(""), payload_ && issuer && owner};
}

Result<VerifiedToken, Refusal> PresentedToken::verify(std::span<const Keyset* const> keysets,
                                                      AlgorithmSet allowed) {
    const auto refuse = [&](Reason reason) {
        return Failure<Refusal>{{reason, std::string(header_.kid.value_or(""))}};
    };
    if (!allowed.contains(header_.algorithm)) {
        return refuse(Reason::algorithm_not_allowed);
    }
    Candidates candidates;
    for (const Keyset* const keyset : keysets) {
        keyset->find(header_.kid, header_.algorithm, candidates);
    }
    if (candidates.keys().empty()) {
        return refuse(candidates.kid_known() ? Reason::algorithm_mismatch : Reason::key_unknown);
    }
    if (const auto reason = check_signature(segments_, header_.algorithm, candidates.keys())) {
        return refuse(*reason);
    }
    read_payload();
    if (!payload_) {
        return refuse(Reason::token_malformed);
    }
    make_printable(payload_text_);
    return VerifiedToken(std::move(header_), std::move(payload_), std::move(payload_text_));
}

Result<VerifiedToken, Refusal>
verify(std::string_view compact, std::span<const Keyset* const> keysets, AlgorithmSet allowed) {
    auto presented = PresentedToken::parse(compact);
    if (!presented) {
        return Failure<Refusal>{presented.error()};
    }
    return presented->verify(keysets, allowed);
}

} // namespace sallyport::jwt
