#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/token_store.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport::store {

// The location of a store, and its credentials.
struct StoreAddress {
    enum class Kind { memory, sqlite, redis };
    Kind kind = Kind::memory;
    std::string path; // of SQLite's file
    std::string host; // of Redis
    int port = 6379;
    int database = 0;
    bool tls = false;
    std::string user;
    std::shared_ptr<const Secret> password; // null: none
};

// "memory:", "sqlite:path", "redis://host[:port][/database]", or rediss:// for TLS. The error is
// the end of a sentence that begins with: "name" directive.
Result<StoreAddress> parse_store_address(std::string_view text);

// Equal for addresses of the same store, whatever the credentials.
Digest location_of(const StoreAddress& address);

// Why a path cannot be a store, as the end of such a sentence; nothing if it can. The file's
// directory may be missing, but not the parent of that directory.
std::optional<std::string> misplaced(const std::string& path);

// The store connects on first use.
std::unique_ptr<auth::TokenStore> make_store(const StoreAddress& address);

} // namespace sallyport::store
