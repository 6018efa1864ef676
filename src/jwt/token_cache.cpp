#include "jwt/token_cache.hpp"

#include <algorithm>

namespace sallyport::jwt {
namespace {

// What an entry costs beside its token: the node of the table, and what hangs on it.
constexpr std::size_t entry_bytes = 384;

constexpr std::size_t cache_line = 64;

// Has the processor fetch all of it at once, while what comes first is being read.
void prefetch(const void* memory, std::size_t size) noexcept {
    for (std::size_t i = 0; i < size; i += cache_line) {
        __builtin_prefetch(static_cast<const char*>(memory) + i);
    }
}

// Of a header that is remembered by itself: its segment and its members.
constexpr std::size_t max_header_bytes = 4096;

} // namespace

bool TokenCache::Known::was_made_by(std::uint64_t key) const noexcept {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

TokenCache::Entry* TokenCache::entry(std::uint64_t hash, std::string_view compact) {
    Entry* const found = tokens_.peek(hash);
    if (found == nullptr || found->compact.size() != compact.size()) {
        return nullptr;
    }
    prefetch(found->known.body.get(), sizeof(VerifiedToken::Body));
    prefetch(found->compact.data(), found->compact.size());
    prefetch(found->derived, 2 * cache_line);
    return found->compact == compact ? found : nullptr;
}

std::optional<TokenCache::Known> TokenCache::find(std::string_view compact) {
    if (tokens_.size() == 0) {
        return std::nullopt;
    }
    const Entry* const found = entry(hash_(sallyport::bytes(compact)), compact);
    return found != nullptr ? std::optional(found->known) : std::nullopt;
}

std::size_t TokenCache::size_of(const VerifiedToken::Body& body) noexcept {
    return entry_bytes + body.compact.size() + json::memory(body.header->members.get()) +
           json::memory(body.payload.get()) +
           body.registered.audiences.capacity() * sizeof(std::string_view) +
           (body.derived != nullptr ? body.derived->bytes() : 0);
}

void TokenCache::add(const VerifiedToken& token) {
    const std::string_view compact = text(token.body_->compact.view());
    remember_header(compact.substr(0, compact.find('.')), token.body_->header);
    const std::uint64_t place = hash_(sallyport::bytes(compact));
    Entry* found = entry(place, compact);
    const std::size_t size = size_of(found != nullptr ? *found->known.body : *token.body_);
    if (size > max_bytes_) {
        if (found != nullptr) {
            drop(place);
        }
        return;
    }
    if (found == nullptr) {
        found = &tokens_.find(place, [] { return Entry(); });
        found->known = {};
        found->known.body = token.body_;
        found->compact = compact;
    }
    bytes_ += size - found->bytes;
    found->bytes = size;
    found->derived = found->known.body->derived.get();
    if (Known& known = found->known; !known.was_made_by(token.key_)) {
        known.keys[known.next_key++ % known.keys.size()] = token.key_;
    }
    while (bytes_ > max_bytes_) {
        drop(*tokens_.oldest());
    }
}

// Whoever has a key may make huge ones.
void TokenCache::remember_header(std::string_view segment,
                                 const std::shared_ptr<const Header>& header) {
    if (headers_.peek(segment) == nullptr &&
        segment.size() + json::memory(header->members.get()) <= max_header_bytes) {
        headers_.find(std::string(segment), [&] { return header; });
    }
}

void TokenCache::erase(const VerifiedToken& token) {
    const std::string_view compact = text(token.body_->compact.view());
    const std::uint64_t place = hash_(sallyport::bytes(compact));
    if (entry(place, compact) != nullptr) {
        drop(place);
    }
}

void TokenCache::drop(std::uint64_t hash) {
    bytes_ -= tokens_.peek(hash)->bytes;
    tokens_.erase(hash);
}

std::shared_ptr<const Header> TokenCache::find_header(std::string_view segment) {
    const auto* const found = headers_.peek(segment);
    return found != nullptr ? *found : nullptr;
}

} // namespace sallyport::jwt
