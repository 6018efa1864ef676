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

json::Document parse_payload(std::string_view segment) {
    std::array<std::uint8_t, base64url_decoded_size(max_token_bytes)> buffer;
    if (!base64url_decode_into(segment, buffer.data())) {
        return {};
    }
    const std::size_t size = base64url_decoded_size(segment.size());
    return json::parse_document(text(BytesView(buffer).first(size)), payload_limits);
}

Result<std::shared_ptr<const Header>, Refusal> header_of(std::string_view segment,
                                                         TokenCache* cache) {
    if (auto known = cache != nullptr ? cache->find_header(segment) : nullptr) {
        return known;
    }
    auto header = parse_header(segment);
    if (!header) {
        return Failure<Refusal>{header.error()};
    }
    return std::make_shared<const Header>(std::move(*header));
}

} // namespace

Result<PresentedToken, Refusal> PresentedToken::parse(std::string_view compact, TokenCache* cache) {
    if (compact.size() > max_token_bytes) {
        return Failure<Refusal>{{Reason::token_too_large, {}}};
    }
    if (auto known = cache != nullptr ? cache->find(compact) : Counted<Body>()) {
        return PresentedToken(compact, std::move(known));
    }
    const auto segments = split_token(compact);
    if (!segments) {
        return Failure<Refusal>{{Reason::token_malformed, {}}};
    }
    auto header = header_of(segments->header, cache);
    if (!header) {
        return Failure<Refusal>{header.error()};
    }
    return PresentedToken(compact, std::move(*header));
}

const json::Element* PresentedToken::payload() {
    if (known_) {
        return known_->payload.root();
    }
    if (!payload_read_) {
        payload_read_ = true;
        payload_ = parse_payload(split_token(compact_)->payload);
    }
    return payload_.root();
}

KeyHints PresentedToken::key_hints(const ClaimPath& tenant) {
    const auto absent = [](const json::Element* value) {
        return value == nullptr || json::is(value, json::Element::Kind::null);
    };
    const json::Element* const claims = payload();
    const json::Element* const iss = json::member(claims, "iss");
    const json::Element* const of_tenant = tenant.find(claims);
    const auto issuer = absent(iss) ? "" : json::string(iss);
    const auto owner = absent(of_tenant) ? "" : json::string_or_integer(of_tenant);
    return {issuer.value_or(""), owner.value_or(""), claims != nullptr && issuer && owner};
}

Result<const Key*, Reason> PresentedToken::check_signature(std::span<const Key* const> keys) const {
    const Algorithm algorithm = header().algorithm;
    const Segments segments = *split_token(compact_);
    std::array<std::uint8_t, max_signature_bytes> buffer;
    const std::size_t size = base64url_decoded_size(segments.signature.size());
    const auto fits = [&](const Key* key) { return key->signature_size(algorithm) == size; };
    if (size > buffer.size() || std::none_of(keys.begin(), keys.end(), fits)) {
        return Failure{Reason::signature_invalid};
    }
    if (!base64url_decode_into(segments.signature, buffer.data())) {
        return Failure{Reason::token_malformed};
    }
    const BytesView signature = BytesView(buffer).first(size);
    for (const Key* const key : keys) {
        if (fits(key) && key->verify(algorithm, bytes(segments.signing_input), signature)) {
            return key;
        }
    }
    return Failure{Reason::signature_invalid};
}

Failure<Refusal> PresentedToken::refuse(Reason reason) const {
    return {{reason, std::string(kid().value_or(""))}};
}

Result<VerifiedToken, Refusal> PresentedToken::verify(std::span<const Keyset* const> keysets,
                                                      AlgorithmSet allowed) {
    if (!allowed.contains(header().algorithm)) {
        return refuse(Reason::algorithm_not_allowed);
    }
    // The first key set is the one in which the token's key was found last time: all that follows
    // would have the same result, but read more memory.
    if (known_ && !keysets.empty() && known_->last_keyset == keysets.front()->id()) {
        return known_token(known_->last_maker);
    }
    Candidates candidates;
    for (const Keyset* const keyset : keysets) {
        keyset->find(kid(), header().algorithm, candidates);
    }
    const auto keys = candidates.keys();
    if (keys.empty()) {
        return refuse(candidates.kid_known() ? Reason::algorithm_mismatch : Reason::key_unknown);
    }
    if (auto verified = known_ ? verify_known(keys, *keysets.front()) : std::nullopt) {
        return std::move(*verified);
    }
    return verify_afresh(keys);
}

VerifiedToken PresentedToken::known_token(std::uint64_t key) noexcept {
    return {std::move(known_), key, true};
}

std::optional<VerifiedToken> PresentedToken::verify_known(std::span<const Key* const> keys,
                                                          const Keyset& first) {
    const auto maker = std::find_if(keys.begin(), keys.end(),
                                    [&](const Key* key) { return known_->was_made_by(key->id()); });
    if (maker == keys.end()) {
        return std::nullopt;
    }
    known_->note_key(**maker);
    if (first.owns(**maker)) {
        known_->last_keyset = first.id();
        known_->last_maker = (*maker)->id();
    }
    return known_token((*maker)->id());
}

Result<VerifiedToken, Refusal> PresentedToken::verify_afresh(std::span<const Key* const> keys) {
    const auto key = check_signature(keys);
    if (!key) {
        return refuse(key.error());
    }
    if (payload() == nullptr) {
        return refuse(Reason::token_malformed);
    }
    Counted<Body> body =
        known_ ? std::move(known_) : Body::make(compact_, header_, std::move(payload_));
    body->note_key(**key);
    return VerifiedToken(std::move(body), (*key)->id(), false);
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
