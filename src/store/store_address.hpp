#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/token_store.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace sallyport::store {

// Where a store is, and how to get in.
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

// Why no file of this path can ever be a store, if so: the end of such a sentence. The directory of
// the file may be missing, but not the one above it.
std::optional<std::string> misplaced(const std::string& path);

// A store that connects when it is first used.
std::unique_ptr<auth::TokenStore> make_store(const StoreAddress& address);

} // namespace sallyport::store
