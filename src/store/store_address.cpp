#include "store/store_address.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/text.hpp"
#include "store/memory_store.hpp"
#include "store/redis_connection.hpp"
#include "store/redis_store.hpp"
#include "store/sqlite_store.hpp"

namespace sallyport::store {
namespace {

using std::filesystem::file_type;

constexpr std::string_view sqlite_prefix = "sqlite:";
constexpr std::string_view redis_prefix = "redis://";
constexpr std::string_view rediss_prefix = "rediss://";
constexpr int max_port = 65535;
constexpr int max_database = 1 << 20;

std::optional<int> parse_number(std::string_view text, int least, int most) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool good = error == std::errc() && end == text.data() + text.size() && !text.empty();
    return good && number >= least && number <= most ? std::optional(number) : std::nullopt;
}

// Removes the host from the front: a name, an IPv4 address, or an IPv6 address in brackets.
std::string take_host(std::string_view& rest) {
    const bool bracketed = rest.starts_with('[');
    const auto found = rest.find_first_of(bracketed ? "]" : ":/");
    if (bracketed && found == std::string_view::npos) {
        return {};
    }
    const auto end = std::min(found, rest.size());
    std::string host(rest.substr(bracketed ? 1 : 0, end - (bracketed ? 1 : 0)));
    rest.remove_prefix(std::min(end + (bracketed ? 1 : 0), rest.size()));
    return host;
}

// The characters of host names and addresses.
bool is_host(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == '_' || c == ':';
    });
}

file_type type_of(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::status(path, ignored).type();
}

// The path exists, and is not of this type.
bool is_other_than(file_type type, const std::filesystem::path& path) {
    const file_type found = type_of(path);
    return found != type && found != file_type::not_found && found != file_type::none &&
           found != file_type::unknown;
}

Result<StoreAddress> parse_redis(std::string_view text, bool tls) {
    StoreAddress address;
    address.kind = StoreAddress::Kind::redis;
    address.tls = tls;
    std::string_view rest = text.substr(tls ? rediss_prefix.size() : redis_prefix.size());
    if (rest.find('@') != std::string_view::npos) {
        return failure("needs user and password in user= and password=, not in the address");
    }
    if (tls && !redis_has_tls) {
        return failure("needs hiredis with TLS for rediss://");
    }
    address.host = take_host(rest);
    if (!is_host(address.host)) {
        return failure("has no host");
    }
    const auto slash = std::min(rest.find('/'), rest.size());
    if (const auto port = rest.substr(0, slash); !port.empty()) {
        const auto number = parse_number(port.substr(1), 1, max_port);
        if (!number || port.front() != ':') {
            return failure("has an invalid port");
        }
        address.port = *number;
    }
    if (const auto database = rest.substr(std::min(slash + 1, rest.size())); !database.empty()) {
        const auto number = parse_number(database, 0, max_database);
        if (!number) {
            return failure("has an invalid database number");
        }
        address.database = *number;
    }
    return address;
}

} // namespace

Result<StoreAddress> parse_store_address(std::string_view text) {
    StoreAddress address;
    if (text == "memory:") {
        return address;
    }
    if (text.starts_with(redis_prefix) || text.starts_with(rediss_prefix)) {
        return parse_redis(text, text.starts_with(rediss_prefix));
    }
    if (!text.starts_with(sqlite_prefix)) {
        return failure("needs \"sqlite:path\", \"redis://host:port/database\" or \"memory:\"");
    }
    address.kind = StoreAddress::Kind::sqlite;
    address.path = text.substr(sqlite_prefix.size());
    if (address.path.empty() || address.path.back() == '/' || has_control(address.path)) {
        return failure("has no file path");
    }
    if (address.path.find('$') != std::string::npos) {
        return failure("takes no variables");
    }
    return address;
}

Digest location_of(const StoreAddress& address) {
    std::string text(1, static_cast<char>(address.kind));
    for (const std::string& part : {address.path, address.host, std::to_string(address.port),
                                    std::to_string(address.database)}) {
        text += part;
        text += '\0';
    }
    return sha256(bytes(text));
}

std::optional<std::string> misplaced(const std::string& path) {
    const std::filesystem::path file(path);
    const std::filesystem::path directory = file.parent_path();
    if (is_other_than(file_type::regular, file)) {
        return "names \"" + path + "\", which is not a regular file";
    }
    if (is_other_than(file_type::directory, directory)) {
        return "names a file in \"" + directory.string() + "\", which is not a directory";
    }
    const std::filesystem::path above = directory.parent_path();
    if (type_of(directory) == file_type::not_found &&
        (type_of(above) == file_type::not_found || is_other_than(file_type::directory, above))) {
        return "names a file in \"" + directory.string() +
               "\", which cannot be created: its parent directory does not exist";
    }
    return std::nullopt;
}

std::unique_ptr<auth::TokenStore> make_store(const StoreAddress& address) {
    switch (address.kind) {
    case StoreAddress::Kind::sqlite:
        return std::make_unique<SqliteStore>(address.path);
    case StoreAddress::Kind::redis:
        return std::make_unique<RedisStore>(address);
    case StoreAddress::Kind::memory:
        break;
    }
    return std::make_unique<MemoryStore>();
}

} // namespace sallyport::store
