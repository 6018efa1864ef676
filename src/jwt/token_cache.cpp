#include "jwt/token_cache.hpp"

#include <algorithm>

#include "jwt/key.hpp"

namespace sallyport::jwt {
namespace {

// Signatures that are not made to meet differ within these octets. Whoever has a key and makes them
// meet pushes out his own.
constexpr std::size_t hashed_octets = 64;

// What an entry costs beside its token: nodes of the list and of the table.
constexpr std::size_t entry_bytes = 256;

// Of a header that is remembered by itself: its segment and its members.
constexpr std::size_t max_header_bytes = 4096;

} // namespace

bool TokenCache::Known::was_made_by(const Key& key) const noexcept {
    return std::find(keys.begin(), keys.end(), key.id()) != keys.end();
}

std::uint64_t TokenCache::hash(std::string_view compact) {
    return hash_(
        sallyport::bytes(compact.substr(compact.size() - std::min(compact.size(), hashed_octets))));
}

TokenCache::Entry* TokenCache::entry(std::uint64_t hash, std::string_view compact) {
    Entry* const found = tokens_.peek(hash);
    const bool same = found != nullptr && text(found->known.body->compact.view()) == compact;
    return same ? found : nullptr;
}

std::optional<TokenCache::Known> TokenCache::find(std::string_view compact) {
    if (tokens_.size() == 0) {
        return std::nullopt;
    }
    const Entry* const found = entry(hash(compact), compact);
    return found != nullptr ? std::optional(found->known) : std::nullopt;
}

void TokenCache::add(const VerifiedToken& token) {
    const std::string_view compact = text(token.body_->compact.view());
    const std::size_t header_size = json::memory(token.header());
    remember_header(compact.substr(0, compact.find('.')), token.body_->header, header_size);
    const std::size_t size =
        entry_bytes + compact.size() + header_size + json::memory(token.payload());
    if (size > max_bytes_) {
        return;
    }
    const std::uint64_t place = hash(compact);
    Entry* found = entry(place, compact);
    if (found == nullptr) {
        found = &tokens_.find(place, [] { return Entry(); });
        bytes_ += size - found->bytes;
        *found = {{}, size};
        found->known.body = token.body_;
    }
    Known& known = found->known;
    known.keys[known.next_key++ % known.keys.size()] = token.key_;
    while (bytes_ > max_bytes_) {
        const auto& [oldest, gone] = *tokens_.oldest();
        drop(oldest, gone);
    }
}

// Whoever has a key may make huge ones.
void TokenCache::remember_header(std::string_view segment,
                                 const std::shared_ptr<const Header>& header, std::size_t size) {
    if (segment.size() + size <= max_header_bytes && headers_.peek(segment) == nullptr) {
        headers_.find(std::string(segment), [&] { return header; });
    }
}

void TokenCache::erase(const VerifiedToken& token) {
    const std::string_view compact = text(token.body_->compact.view());
    const std::uint64_t place = hash(compact);
    if (const Entry* const found = entry(place, compact)) {
        drop(place, *found);
    }
}

void TokenCache::drop(std::uint64_t hash, const Entry& entry) {
    bytes_ -= entry.bytes;
    tokens_.erase(hash);
}

std::shared_ptr<const Header> TokenCache::find_header(std::string_view segment) {
    const auto* const found = headers_.peek(segment);
    return found != nullptr ? *found : nullptr;
}

} // namespace sallyport::jwt
