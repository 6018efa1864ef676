#include "auth/credential_cache.hpp"

namespace sallyport::auth {

Digest CredentialCache::key(std::string_view source, Method method, std::string_view user,
                            std::string_view secret) {
    return hash_({bytes(source), bytes(name(method)), bytes(user), bytes(secret)});
}

SharedAccount CredentialCache::find(const Digest& key, std::uint64_t generation, std::uint64_t now,
                                    std::uint64_t max_age) {
    const Entry* const entry = entries_.peek(key);
    if (entry == nullptr) {
        return nullptr;
    }
    if (entry->generation != generation) {
        entries_.erase(key);
        return nullptr;
    }
    return now - entry->proved_at < max_age ? entry->account : nullptr;
}

void CredentialCache::add(const Digest& key, SharedAccount account, std::uint64_t generation,
                          std::uint64_t now) {
    entries_.find(key, [] { return Entry(); }) = {std::move(account), generation, now};
}

} // namespace sallyport::auth
