#include "jwt/token_cache.hpp"

#include <algorithm>
#include <cstdint>

namespace sallyport::jwt {
namespace {

// What malloc and the table add to the size of a token and its members.
constexpr std::size_t overhead_bytes = 96;

constexpr std::size_t cache_line = 64;

// Makes the processor fetch all of it while the first part is read. For large memory the beginning
// is enough, since the processor then prefetches the rest itself.
void prefetch(const void* memory, std::size_t size) noexcept {
    constexpr std::size_t most = 16 * cache_line;
    // As a number, since arithmetic on a null pointer is undefined.
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    for (std::size_t i = 0; i < std::min(size, most); i += cache_line) {
        __builtin_prefetch(reinterpret_cast<const void*>(address + i));
    }
}

// The segment and the members of a cached header.
constexpr std::size_t max_header_bytes = 4096;

} // namespace

TokenCache::Body* TokenCache::find(std::size_t hash, std::string_view compact) const noexcept {
    prefetch(tokens_.first(hash), sizeof(Body) + compact.size());
    Body* const found = tokens_.find(hash);
    if (found == nullptr || found->size != compact.size()) {
        return nullptr;
    }
    prefetch(found->derived.get(), 2 * cache_line);
    return found->compact() == compact ? found : nullptr;
}

Counted<TokenCache::Body> TokenCache::find(std::string_view compact) {
    if (tokens_.size() == 0) {
        return {};
    }
    Body* const found = find(hash_(sallyport::bytes(compact)), compact);
    if (found != nullptr) {
        use(*found);
    }
    return Counted<Body>(found);
}

void TokenCache::use(Body& body) noexcept {
    if (body.used_in != term_.number()) {
        body.used_in = term_.number();
        tokens_.renew(body);
    }
}

std::size_t TokenCache::size_of(const Body& body) noexcept {
    return sizeof(Body) + body.size + overhead_bytes + body.header->members.bytes() +
           body.payload.bytes() + body.registered.audiences.capacity() * sizeof(std::string_view) +
           (body.kid_of_key != nullptr ? sizeof(std::string) + body.kid_of_key->capacity() : 0) +
           // Only proofs for bound tokens need the digest.
           (body.registered.confirmation != nullptr ? sizeof(Digest) : 0) +
           (body.derived ? body.derived->bytes() : 0);
}

void TokenCache::add(const VerifiedToken& token) {
    const std::string_view compact = token.body_->compact();
    remember_header(compact.substr(0, compact.find('.')), token.body_->header);
    const std::size_t place = hash_(sallyport::bytes(compact));
    Body* found = find(place, compact);
    const std::size_t size = size_of(found != nullptr ? *found : *token.body_);
    if (size > max_bytes_) {
        if (found != nullptr) {
            drop(*found);
        }
        return;
    }
    if (found == nullptr) {
        link(token.body_, place);
        found = token.body_.get();
    }
    bytes_ += size - found->counted;
    found->counted = size;
    if (!found->was_made_by(token.key_)) {
        found->makers[found->next_maker++ % found->makers.size()] = token.key_;
    }
    use(*found);
    while (bytes_ > max_bytes_) {
        drop(*tokens_.oldest());
    }
}

// One token for each hash. Only the owner of a key can create collisions, and these evict tokens of
// that key.
void TokenCache::link(const Counted<Body>& body, std::size_t hash) {
    if (Body* const other = tokens_.find(hash)) {
        drop(*other);
    }
    body->counted = 0;
    body->used_in = term_.number();
    tokens_.add(*body, hash);
    Counted<Body>(body).release();
    term_.note_new(tokens_.size());
}

// The owner of a key may sign huge headers.
void TokenCache::remember_header(std::string_view segment,
                                 const std::shared_ptr<const Header>& header) {
    if (headers_.peek(segment) == nullptr &&
        segment.size() + header->members.bytes() <= max_header_bytes) {
        headers_.find(std::string(segment), [&] { return header; });
    }
}

void TokenCache::erase(const VerifiedToken& token) {
    const std::string_view compact = token.body_->compact();
    if (Body* const found = find(hash_(sallyport::bytes(compact)), compact)) {
        drop(*found);
    }
}

void TokenCache::drop(Body& body) noexcept {
    bytes_ -= body.counted;
    tokens_.remove(body);
}

std::shared_ptr<const Header> TokenCache::find_header(std::string_view segment) {
    const auto* const found = headers_.peek(segment);
    return found != nullptr ? *found : nullptr;
}

} // namespace sallyport::jwt
